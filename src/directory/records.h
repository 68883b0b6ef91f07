// The directory's records on disk: keys and values of account 0, byte by byte in
// docs/formats/directory.md.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "directory/directory.h"

namespace rook::directory {

// --- keys. `domain` and `address` are canonical. ---
std::string domain_key(std::string_view domain);
std::string account_key(AccountId);
// The domain comes first, so that what a domain holds stands together.
std::string login_key(std::string_view address);
std::string alias_key(std::string_view address);
std::string counter_key();
std::string secret_key();

// The first key that begins with the letter, and the first behind them.
struct Span {
    std::string from, to;
};
Span all_domains();
Span all_accounts();
Span all_aliases();
Span logins_of(std::string_view domain);
Span aliases_of(std::string_view domain);

std::string domain_of_key(std::string_view domain_key);

// --- values, sealed under their keys. Corrupt or Unsupported when they cannot be read. ---
std::string account_value(const Account&);
Result<Account> read_account(std::string_view key, std::string_view value);

std::string alias_value(const Alias&);
Result<Alias> read_alias(std::string_view key, std::string_view value);

std::string domain_value(std::string_view domain, std::int64_t created);

// The values that are one number or one text.
std::string number_value(std::string_view key, std::uint64_t);
Result<std::uint64_t> read_number(std::string_view key, std::string_view value);
std::string text_value(std::string_view key, std::string_view);
Result<std::string> read_text(std::string_view key, std::string_view value);

}  // namespace rook::directory
