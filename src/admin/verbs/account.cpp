// Accounts: addresses with mailboxes behind them.
#include <fmt/format.h>

#include "admin/verb.h"
#include "admin/verbs/common.h"
#include "directory/address.h"

namespace rook::admin {
namespace {

constexpr Argument kAddresses[] = {{"address", "user@example.org", Argument::How::Many}};
constexpr Argument kAddress[] = {{"address", "user@example.org"}};
constexpr Option kPassword = {"password", "the password, from standard input",
                              Option::Kind::Password};
constexpr Option kQuota = {"quota", "how much mail it may hold, such as \"5 GB\"; 0 for no limit",
                           Option::Kind::Size};
constexpr Option kProtocols = {"protocols", "only these: imap,pop3,submission,jmap,managesieve",
                               Option::Kind::Texts};
constexpr Option kAddOptions[] = {
    kPassword,
    {"no-password", "no password of its own: app passwords only", Option::Kind::Flag},
    kQuota,
    kProtocols};
constexpr Option kSetOptions[] = {kQuota, kProtocols};
constexpr Option kPasswordOptions[] = {kPassword};
constexpr Option kListOptions[] = {{"domain", "of this domain only"}};
constexpr std::string_view kColumns[] = {"address", "size:quota_bytes", "protocols", "created"};

Result<Json> add(Call& call) {
    auto protocols = TRY(read_protocols(call.args.texts("protocols")));
    auto password = call.args.text("password");
    if (password.empty() && !call.args.flag("no-password"))
        return fail(Why::BadSyntax, "The password is missing (or say no-password)");
    return for_all(call.args.texts("address"), [&](const std::string& address) -> Result<> {
        directory::Account account;
        account.address = TRY(directory::canonical_address(address));
        account.protocols = protocols;
        account.quota_bytes = static_cast<std::uint64_t>(call.args.number("quota").value_or(0));
        // Before anything is written: a password that is refused leaves no account behind.
        if (!password.empty())
            account.password = TRY(call.services.authenticator.hash_password(password));
        auto id = TRY(call.services.accounts.create(std::move(account)));
        // The hash alone is what creation needs; this adds the SCRAM verifier where it is wanted.
        if (!password.empty() && call.services.authenticator.options().scram_for_passwords)
            TRY(call.services.authenticator.set_password(id, password));
        return {};
    });
}

Result<Json> remove(Call& call) {
    return for_all(call.args.texts("address"), [&](const std::string& address) -> Result<> {
        auto account = TRY(find_account(call.services, address));
        return call.services.accounts.remove(account->id);
    });
}

Json described(const directory::Account& account) {
    return Json::object({{"address", account.address},
                         {"id", account.id.v},
                         {"quota_bytes", account.quota_bytes},
                         {"protocols", protocol_names(account.protocols)},
                         {"has_password", !account.password.empty()},
                         {"app_passwords", account.app_passwords.size()},
                         {"created", time_text(account.created)}});
}

Result<Json> list(Call& call) {
    std::string domain;
    if (call.args.has("domain"))
        domain = TRY(directory::canonical_domain(call.args.text("domain")));
    auto out = Json::array();
    for (auto& account : TRY(call.services.directory.accounts())) {
        if (domain.empty() || directory::halves(account->address).domain == domain)
            out.push(described(*account));
    }
    return out;
}

Result<Json> show(Call& call) {
    auto account = TRY(find_account(call.services, call.args.text("address")));
    auto mail = TRY(call.services.accounts.open(account->id));
    auto use = mail->quota();
    auto out = described(*account);
    out.set("used_bytes", use.bytes);
    out.set("messages", use.messages);
    out.set("mailboxes", mail->mailboxes().size());
    auto aliases = Json::array();
    for (auto& alias : TRY(call.services.directory.aliases())) {
        for (auto& target : alias.targets) {
            if (target == account->address) aliases.push(alias.address);
        }
    }
    out.set("aliases", std::move(aliases));
    return out;
}

Result<Json> password(Call& call) {
    auto given = call.args.text("password");
    if (given.empty()) return fail(Why::BadSyntax, "The password is missing");
    auto account = TRY(find_account(call.services, call.args.text("address")));
    TRY(call.services.authenticator.set_password(account->id, given));
    return Json::object({{"done", 1}});
}

Result<Json> set(Call& call) {
    auto protocols = TRY(read_protocols(call.args.texts("protocols")));
    auto quota = call.args.number("quota");
    if (!quota && !call.args.has("protocols"))
        return fail(Why::BadSyntax, "Nothing to set: say quota or protocols");
    return for_all(call.args.texts("address"), [&](const std::string& address) -> Result<> {
        auto account = TRY(find_account(call.services, address));
        return call.services.directory.change(
            account->id, [&](directory::Account& now) -> Result<> {
                if (quota) now.quota_bytes = static_cast<std::uint64_t>(*quota);
                if (call.args.has("protocols")) now.protocols = protocols;
                return {};
            });
    });
}

}  // namespace

extern const Verb account_add{.name = "account add",
                              .help = "Make accounts, with the usual mailboxes",
                              .arguments = kAddresses,
                              .options = kAddOptions,
                              .is_change = true,
                              .run = add};
extern const Verb account_remove{.name = "account remove",
                                 .help = "Remove accounts and all their mail",
                                 .arguments = kAddresses,
                                 .is_change = true,
                                 .confirm = "Remove {} and all the mail in it?",
                                 .run = remove};
extern const Verb account_list{.name = "account list",
                               .help = "List the accounts",
                               .options = kListOptions,
                               .run = list,
                               .columns = kColumns};
extern const Verb account_show{
    .name = "account show", .help = "Show an account", .arguments = kAddress, .run = show};
extern const Verb account_password{.name = "account password",
                                   .help = "Set the password; open sessions of the account end",
                                   .arguments = kAddress,
                                   .options = kPasswordOptions,
                                   .is_change = true,
                                   .run = password};
extern const Verb account_set{.name = "account set",
                              .help = "Change the quota, or the protocols that may be used",
                              .arguments = kAddresses,
                              .options = kSetOptions,
                              .is_change = true,
                              .run = set};

}  // namespace rook::admin
