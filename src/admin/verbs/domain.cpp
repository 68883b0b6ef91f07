// Domains: whose mail this server takes.
#include "admin/verb.h"
#include "admin/verbs/common.h"

namespace rook::admin {
namespace {

constexpr Argument kDomains[] = {{"domain", "a domain name", Argument::How::Many}};
constexpr std::string_view kColumns[] = {"domain"};

Result<Json> add(Call& call) {
    return for_all(call.args.texts("domain"), [&](const std::string& domain) {
        return call.services.directory.add_domain(domain);
    });
}

Result<Json> remove(Call& call) {
    return for_all(call.args.texts("domain"), [&](const std::string& domain) {
        return call.services.directory.remove_domain(domain);
    });
}

Result<Json> list(Call& call) {
    auto out = Json::array();
    for (auto& domain : TRY(call.services.directory.domains()))
        out.push(Json::object({{"domain", domain}}));
    return out;
}

}  // namespace

extern const Verb domain_add{.name = "domain add",
                             .help = "Take mail for a domain",
                             .arguments = kDomains,
                             .is_change = true,
                             .run = add};
extern const Verb domain_remove{.name = "domain remove",
                                .help = "No longer take mail for a domain that holds no account",
                                .arguments = kDomains,
                                .is_change = true,
                                .run = remove};
extern const Verb domain_list{
    .name = "domain list", .help = "List the domains", .run = list, .columns = kColumns};

}  // namespace rook::admin
