#include "admin/verb_list.h"

#include <algorithm>
#include <array>

namespace rook::admin {

// In the order in which --help shows them.
// clang-format off: it makes a staircase of a long list of macros
#define ROOK_VERBS(X) \
    X(status_verb) \
    X(domain_add) \
    X(domain_remove) \
    X(domain_list) \
    X(account_add) \
    X(account_remove) \
    X(account_list) \
    X(account_show) \
    X(account_password) \
    X(account_set) \
    X(app_password_add) \
    X(app_password_list) \
    X(app_password_revoke) \
    X(alias_add) \
    X(alias_remove) \
    X(alias_list) \
    X(mailbox_list) \
    X(mailbox_create) \
    X(mailbox_remove) \
    X(mailbox_rename) \
    X(mailbox_subscribe) \
    X(mailbox_unsubscribe) \
    X(mailbox_append) \
    X(deliver_verb) \
    X(import_verb) \
    X(sessions_verb) \
    X(kick_verb) \
    X(trace_verb) \
    X(check_verb) \
    X(backup_verb) \
    X(restore_verb) \
    X(snapshot_make) \
    X(snapshot_drop) \
    X(account_restore)
// clang-format on

#define ROOK_DECLARE(verb) extern const Verb verb;
ROOK_VERBS(ROOK_DECLARE)
#undef ROOK_DECLARE

std::span<const Verb* const> all_verbs() {
#define ROOK_ADDRESS(verb) &verb,
    static const Verb* const all[] = {ROOK_VERBS(ROOK_ADDRESS)};
#undef ROOK_ADDRESS
    return all;
}

const Verb* find_verb(std::string_view name) {
    auto all = all_verbs();
    auto found = std::find_if(all.begin(), all.end(), [&](auto* one) { return one->name == name; });
    return found == all.end() ? nullptr : *found;
}

std::string_view group_help(std::string_view group) {
    constexpr std::pair<std::string_view, std::string_view> kGroups[] = {
        {"domain", "Domains whose mail is taken here"},
        {"account", "Accounts: addresses with mailboxes"},
        {"account app-password", "Passwords for devices, made by the server"},
        {"alias", "Addresses that lead to other addresses"},
        {"mailbox", "An account's mailboxes"},
    };
    for (auto& [name, help] : kGroups) {
        if (name == group) return help;
    }
    return {};
}

}  // namespace rook::admin
