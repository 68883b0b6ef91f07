// Who there is: domains, accounts, aliases, credentials, quotas and each account's protocol
// switches. Kept in account 0 of the store.
//
// Owned by: server/wiring; one a process.
// Threads:  any. A change is durable when the call returns.
// Addresses are canonical: the domain in lower-case A-labels, the local part in lower case (stored
// UTF-8 NFC); every call canonicalises what it is given.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/store.h"

namespace rook::directory {

// What a login may be used for, and which protocols an account has switched on. Bits of a set.
enum class Protocol : std::uint8_t {
    Imap = 1,
    Pop3 = 2,
    Submission = 4,
    Jmap = 8,
    ManageSieve = 16
};
using Protocols = std::uint8_t;
constexpr Protocols kAllProtocols = 31;
constexpr bool has(Protocols set, Protocol one) { return (set & static_cast<Protocols>(one)) != 0; }

// SCRAM-SHA-256 (RFC 5802, 7677): enough to check a login, not to make one.
struct ScramVerifier {
    std::uint32_t iterations = 0;  // 0: none
    std::string salt, stored_key, server_key;
};

struct AppPassword {
    std::uint32_t id = 0;
    std::string label;  // "phone"
    Protocols protocols = kAllProtocols;
    std::int64_t created = 0;
    ScramVerifier verifier;  // its secret has 128 bits or more, so a cheap verifier is safe
};

// A snapshot: immutable, shared by whoever asked.
struct Account {
    AccountId id;
    std::string address;   // canonical
    std::string password;  // libsodium's Argon2id string; empty: no login by password
    ScramVerifier scram;   // of the human's password, only by setting
    std::vector<AppPassword> app_passwords;
    std::uint32_t next_app_password = 1;  // ids are never used again
    Protocols protocols = kAllProtocols;
    std::uint64_t quota_bytes = 0;  // 0: unlimited
    std::int64_t created = 0;
};
using AccountPtr = std::shared_ptr<const Account>;

struct Alias {
    std::string
        address;  // canonical; "@domain" catches what the domain has no account or alias for
    std::vector<std::string> targets;  // addresses of this server
};

struct Options {
    std::string default_domain;           // completes a login name without a domain; may be empty
    std::string detail_separators = "+";  // user+detail@domain (RFC 5233)
};

// Valid and canonical, or BadSyntax with a sentence that says what is wrong. At most 254 bytes.
// Quoted local parts are unquoted where they need no quotes.
Result<std::string> canonical_address(std::string_view);

class Directory {
public:
    static Result<std::unique_ptr<Directory>> open(store::Store&, const Clock&, Options);
    virtual ~Directory() = default;

    virtual Result<> add_domain(std::string_view domain) = 0;  // Exists
    virtual Result<> remove_domain(
        std::string_view domain) = 0;  // NotFound; Cannot while accounts or aliases are in it
    virtual Result<std::vector<std::string>> domains() = 0;
    virtual Result<bool> has_domain(std::string_view domain) = 0;

    // A number never used before. mailbox::Accounts::create writes the account's own records under
    // it first, then calls add_account, which reveals it.
    virtual Result<AccountId> reserve_account() = 0;
    virtual Result<> add_account(
        const Account&) = 0;  // Exists; NotFound when the domain is not ours
    virtual Result<> remove_account(
        AccountId) = 0;  // the address first; mailbox::Accounts removes the records
    // Puts an account that add_account would take in the place of the one that has its address:
    // aliases stay. NotFound when nobody has it.
    virtual Result<> replace_account(const Account&) = 0;
    // Numbers below that are not given out: after a restore they may have been once.
    virtual Result<> number_accounts_from(AccountId) = 0;
    virtual Result<std::vector<AccountPtr>> accounts() = 0;  // by address
    virtual Result<AccountPtr> find(AccountId) = 0;          // null when absent
    // By login name or address (no alias, no detail): null when absent.
    virtual Result<AccountPtr> find(std::string_view address) = 0;

    // Reads, changes and writes the account's record under a lock: `change` may fail to leave it as
    // it is. Announced to watchers.
    virtual Result<> change(AccountId, const std::function<Result<>(Account&)>& change) = 0;

    virtual Result<> add_alias(
        const Alias&) = 0;  // Exists; NotFound for an unknown domain or target
    virtual Result<> remove_alias(std::string_view address) = 0;
    virtual Result<std::vector<Alias>> aliases() = 0;

    // Whom mail to the address reaches: aliases followed (16 deep, each account once), detail taken
    // off. Empty: nobody, "550 5.1.1".
    struct Recipient {
        AccountPtr account;
        std::string detail;  // "" when none
    };
    virtual Result<std::vector<Recipient>> resolve(std::string_view address) = 0;

    // The address belongs to the account: its own, with or without detail, or an alias that reaches
    // it (alone).
    virtual Result<bool> owns(AccountId, std::string_view address) = 0;

    // The canonical form of a login name, completed with the default domain; as it is when it can
    // be no address. Never fails, and tells nothing about who exists.
    virtual std::string login_name(std::string_view) const = 0;

    // 32 random bytes of this installation, made when the store is first opened and kept for ever:
    // for what must be unguessable and the same after a restart (SCRAM's salts).
    virtual const std::string& secret() const = 0;

    // Called after a change of credentials, switches or existence is durable, on the changing
    // thread. Subscribe at start-up only. Credentials: one that worked before works no more (a new
    // app password alone is not told).
    enum class What : std::uint8_t { Credentials, Protocols, Quota, Removed };
    virtual void watch(std::function<void(AccountId, What)>) = 0;
};

}  // namespace rook::directory
