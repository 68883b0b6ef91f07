#include "auth/app_password.h"
#include "auth/auth.h"
#include "auth/gate.h"
#include "auth/hasher.h"
#include "auth/mechanisms/mechanisms.h"
#include "auth/prepare.h"
#include "auth/scram.h"
#include "auth/success_cache.h"
#include "base/ascii.h"
#include "base/utf8.h"

#include <sodium.h>

namespace rook::auth {
namespace {

constexpr std::size_t kMaxLabel = 100;

struct Mechanism {
    std::string_view name;
    std::unique_ptr<Authenticator::Exchange> (*make)(Tools, const Origin&);
};
constexpr Mechanism kMechanisms[] = {
    {"PLAIN", make_plain},
    {"LOGIN", make_login},
    {"SCRAM-SHA-256", make_scram_sha_256},
};

class Checker final : public Authenticator {
public:
    Checker(directory::Directory& directory, const Clock& clock, Random& random, Log& log,
            Options options)
        : Authenticator(std::move(options)),
          directory_(directory),
          clock_(clock),
          random_(random),
          hasher_(options_.concurrent_hashes),
          gate_(directory, clock, random, log, options_),
          cache_(clock, random, options_.cache_entries, options_.cache) {}

    bool is_allowed(const Origin& origin) const override { return gate_.is_allowed(origin); }

    // The order is of cost: memory, 1 ms for what looks like an app password, 40 ms for the rest.
    // Whether the account exists, and what it has, changes none of the steps.
    Result<Login> check(const Origin& origin, std::string_view user,
                        std::string_view typed) override {
        auto attempt = TRY(gate_.begin(origin, user, "password"));
        auto prepared = prepare_password(typed);
        if (!prepared) return gate_.refuse(attempt, typed);
        auto& password = *prepared;
        if (attempt.account) {
            if (auto known = cache_.find(*attempt.account, password))
                return gate_.admit(attempt, *known, password);
        }
        if (origin.hashes_full)
            return fail(Why::Busy, "The server is busy with other logins, try again later");
        auto matched = TRY(match(attempt, password));
        if (!matched) return gate_.refuse(attempt, password);
        auto login = TRY(gate_.admit(attempt, *matched, password));
        cache_.remember(*login.account, password, *matched);
        return login;
    }

    bool must_hash(const Origin& origin, std::string_view user, std::string_view typed) override {
        if (!gate_.is_allowed(origin) || origin.hashes_full) return false;
        const auto password = prepare_password(typed);
        const Attempt attempt{origin, directory_.login_name(user), nullptr, "password"};
        if (!password || gate_.is_refused(attempt)) return false;
        const auto account = directory_.find(attempt.name);
        return !account || !*account || !cache_.find(**account, *password);
    }

    bool is_current(const Login& login) override {
        auto now = directory_.find(login.account->id);
        if (!now || !*now) return false;
        return *now == login.account || ((*now)->protocols == login.account->protocols &&
                                         credentials_of(**now) == credentials_of(*login.account));
    }

    std::vector<std::string_view> mechanisms(const Origin& origin) const override {
        std::vector<std::string_view> names;
        if (!is_allowed(origin)) return names;
        for (auto& one : kMechanisms) {
            if (one.make != make_scram_sha_256 || options_.advertise_scram)
                names.push_back(one.name);
        }
        return names;
    }

    Result<std::unique_ptr<Exchange>> start(const Origin& origin, std::string_view name) override {
        for (auto& one : kMechanisms) {
            if (!iequals(one.name, name)) continue;
            if (!is_allowed(origin)) return fail(Why::Insecure, "Start TLS first");
            return one.make({*this, gate_, directory_, random_}, origin);
        }
        return fail(Why::Unsupported, "There is no such mechanism here");
    }

    Result<> set_password(AccountId id, std::string_view typed) override {
        auto password = TRY(prepare_password(typed));
        auto account = TRY(directory_.find(id));
        if (!account) return fail(Why::NotFound, "There is no such account");
        auto hash = TRY(hasher_.hash(password));
        directory::ScramVerifier verifier;
        if (options_.scram_for_passwords)
            verifier = scram::make_verifier(password, salt_for(account->address),
                                            scram::kPasswordIterations);
        return directory_.change(id, [&](directory::Account& now) -> Result<> {
            now.password = hash;
            now.scram = verifier;
            return {};
        });
    }

    Result<std::string> hash_password(std::string_view typed) override {
        return hasher_.hash(TRY(prepare_password(typed)));
    }

    Result<NewAppPassword> add_app_password(AccountId id, std::string label,
                                            directory::Protocols protocols) override {
        if (label.size() > kMaxLabel || !is_valid_utf8(label))
            return fail(Why::BadSyntax, "The label must be at most 100 bytes of UTF-8");
        for (char c : label) {
            if (is_ctl(c)) return fail(Why::BadSyntax, "The label holds a control character");
        }
        if (protocols == 0 || (protocols & ~directory::kAllProtocols) != 0)
            return fail(Why::BadSyntax, "An app password needs a protocol that it is for");
        NewAppPassword made{0, make_app_password(random_)};
        TRY(directory_.change(id, [&](directory::Account& account) -> Result<> {
            made.id = account.next_app_password++;
            account.app_passwords.push_back(
                {made.id, label, protocols, clock_.seconds(),
                 scram::make_verifier(made.secret, app_salt(account), scram::kSecretIterations)});
            return {};
        }));
        return made;
    }

    Result<> revoke_app_password(AccountId id, std::uint32_t app_password) override {
        return directory_.change(id, [&](directory::Account& account) -> Result<> {
            auto gone = std::erase_if(account.app_passwords,
                                      [&](auto& one) { return one.id == app_password; });
            if (gone == 0) return fail(Why::NotFound, "There is no such app password");
            return {};
        });
    }

private:
    std::string salt_for(std::string_view address) const {
        return scram::salt_for(directory_.secret(), address);
    }
    // All of an account have the same: SCRAM tells a client one salt, whichever secret it has.
    std::string app_salt(const directory::Account& account) const {
        return account.app_passwords.empty() ? salt_for(account.address)
                                             : account.app_passwords.back().verifier.salt;
    }

    // The app password that it is, 0 for the person's own, nothing when it is wrong.
    Result<std::optional<std::uint32_t>> match(const Attempt& attempt,
                                               const std::string& password) {
        static const directory::Account nobody;
        auto& account = attempt.account ? *attempt.account : nobody;
        if (auto secret = as_app_password(password)) {
            auto salt = attempt.account ? app_salt(account) : salt_for(attempt.name);
            auto given = scram::make_verifier(*secret, salt, scram::kSecretIterations);
            std::optional<std::uint32_t> found;
            for (auto& one : account.app_passwords) {
                auto& key = one.verifier.stored_key;
                if (key.size() == given.stored_key.size() &&
                    sodium_memcmp(key.data(), given.stored_key.data(), key.size()) == 0)
                    found = one.id;
            }
            if (found) return found;
        }
        auto right = TRY(
            hasher_.verify(account.password, password, [&] { return !gate_.is_refused(attempt); }));
        return right ? std::optional<std::uint32_t>(0) : std::nullopt;
    }

    directory::Directory& directory_;
    const Clock& clock_;
    Random& random_;
    Hasher hasher_;
    Gate gate_;
    SuccessCache cache_;
};

}  // namespace

std::unique_ptr<Authenticator> Authenticator::make(directory::Directory& directory,
                                                   const Clock& clock, Random& random, Log& log,
                                                   Options options) {
    return std::make_unique<Checker>(directory, clock, random, log, std::move(options));
}

}  // namespace rook::auth
