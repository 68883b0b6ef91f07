// Mailbox names: what is allowed and how it is spelled.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mailbox/accounts.h"

namespace rook::mailbox {

constexpr std::string_view kInbox = "INBOX";

// Unicode's composed form, which names are kept in (RFC 9051 5.1).
std::string to_nfc(std::string_view name);

// NFC, INBOX in capitals where it is the first level, a trailing '/' dropped. Cannot, with what is
// wrong with it; Limit when too long or deep.
Result<std::string> canonical_name(std::string_view name, const Limits&);

// The same for a name to look up: one that cannot exist is "".
std::string lookup_name(std::string_view name, const Limits&);

// "a/b/c": "a", "a/b".
std::vector<std::string> parents_of(std::string_view name);

// `name` is below `ancestor`.
constexpr bool is_below(std::string_view name, std::string_view ancestor) {
    return name.size() > ancestor.size() && name.starts_with(ancestor) &&
           name[ancestor.size()] == '/';
}

}  // namespace rook::mailbox
