// App passwords: made by the server, one a device, shown once.
#include "admin/verb.h"
#include "admin/verbs/common.h"
#include "base/ascii.h"

namespace rook::admin {
namespace {

constexpr Argument kAddress[] = {{"address", "user@example.org"}};
constexpr Argument kAddressAndIds[] = {{"address", "user@example.org"},
                                       {"id", "its number, as listed", Argument::How::Many}};
constexpr Option kOptions[] = {
    {"label", "what it is for, such as phone"},
    {"protocols", "only these: imap,pop3,submission,jmap,managesieve", Option::Kind::Texts}};
constexpr std::string_view kColumns[] = {"id", "label", "protocols", "created"};

Result<Json> add(Call& call) {
    auto protocols = TRY(read_protocols(call.args.texts("protocols")));
    auto account = TRY(find_account(call.services, call.args.text("address")));
    auto made = TRY(call.services.authenticator.add_app_password(
        account->id, call.args.text("label"), protocols));
    return Json::object({{"id", made.id}, {"secret", made.secret}});
}

Result<Json> list(Call& call) {
    auto account = TRY(find_account(call.services, call.args.text("address")));
    auto out = Json::array();
    for (auto& one : account->app_passwords) {
        out.push(Json::object({{"id", one.id},
                               {"label", one.label},
                               {"protocols", protocol_names(one.protocols)},
                               {"created", time_text(one.created)}}));
    }
    return out;
}

Result<Json> revoke(Call& call) {
    auto account = TRY(find_account(call.services, call.args.text("address")));
    return for_all(call.args.texts("id"), [&](const std::string& text) -> Result<> {
        auto id = parse_number<std::uint32_t>(text);
        if (!id) return fail(Why::BadSyntax, "That is no number");
        return call.services.authenticator.revoke_app_password(account->id, *id);
    });
}

}  // namespace

extern const Verb app_password_add{.name = "account app-password add",
                                   .help = "Make a password for a device; it is shown once",
                                   .arguments = kAddress,
                                   .options = kOptions,
                                   .is_change = true,
                                   .run = add};
extern const Verb app_password_list{.name = "account app-password list",
                                    .help = "List an account's app passwords",
                                    .arguments = kAddress,
                                    .run = list,
                                    .columns = kColumns};
extern const Verb app_password_revoke{
    .name = "account app-password revoke",
    .help = "Revoke app passwords; open sessions of the account end",
    .arguments = kAddressAndIds,
    .is_change = true,
    .run = revoke};

}  // namespace rook::admin
