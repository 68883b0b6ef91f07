// Aliases: addresses that lead to other addresses of this server.
#include "admin/verb.h"
#include "admin/verbs/common.h"
#include "directory/address.h"

namespace rook::admin {
namespace {

constexpr Argument kAddressAndTargets[] = {
    {"address", "info@example.org; @example.org for all that nobody else has"},
    {"target", "an account or alias of this server", Argument::How::Many}};
constexpr Argument kAddresses[] = {{"address", "the alias", Argument::How::Many}};
constexpr Option kListOptions[] = {{"domain", "of this domain only"}};
constexpr std::string_view kColumns[] = {"address", "targets"};

Result<Json> add(Call& call) {
    TRY(call.services.directory.add_alias({call.args.text("address"), call.args.texts("target")}));
    return Json::object({{"done", 1}});
}

Result<Json> remove(Call& call) {
    return for_all(call.args.texts("address"), [&](const std::string& address) {
        return call.services.directory.remove_alias(address);
    });
}

Result<Json> list(Call& call) {
    std::string domain;
    if (call.args.has("domain"))
        domain = TRY(directory::canonical_domain(call.args.text("domain")));
    auto out = Json::array();
    for (auto& alias : TRY(call.services.directory.aliases())) {
        if (!domain.empty() && directory::halves(alias.address).domain != domain) continue;
        auto targets = Json::array();
        for (auto& target : alias.targets) targets.push(target);
        out.push(Json::object({{"address", alias.address}, {"targets", std::move(targets)}}));
    }
    return out;
}

}  // namespace

extern const Verb alias_add{.name = "alias add",
                            .help = "Lead an address to others",
                            .arguments = kAddressAndTargets,
                            .is_change = true,
                            .run = add};
extern const Verb alias_remove{.name = "alias remove",
                               .help = "Remove aliases",
                               .arguments = kAddresses,
                               .is_change = true,
                               .run = remove};
extern const Verb alias_list{.name = "alias list",
                             .help = "List the aliases",
                             .options = kListOptions,
                             .run = list,
                             .columns = kColumns};

}  // namespace rook::admin
