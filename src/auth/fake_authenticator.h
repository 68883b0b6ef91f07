// For fuzz targets: an authenticator that does not hash, which takes 40 ms a login. Any password is
// right but "wrong". The mechanisms are the real ones.
//
// Used by: auth/sasl_fuzz, tests/fuzz. Threads: the target's own.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "auth/gate.h"
#include "auth/mechanisms/mechanisms.h"
#include "base/ascii.h"

namespace rook::auth {

class FakeAuthenticator final : public Authenticator {
public:
    FakeAuthenticator(directory::Directory& directory, const Clock& clock, Random& random, Log& log)
        : Authenticator({}),
          directory_(directory),
          random_(random),
          gate_(directory, clock, random, log, options_) {}

    bool is_allowed(const Origin& origin) const override { return gate_.is_allowed(origin); }
    Result<Login> check(const Origin& origin, std::string_view user,
                        std::string_view password) override {
        const auto attempt = TRY(gate_.begin(origin, user, "password"));
        if (!attempt.account || password == "wrong") return gate_.refuse(attempt, password);
        return gate_.admit(attempt, 0, password);
    }
    bool must_hash(const Origin&, std::string_view, std::string_view) override { return true; }
    bool is_current(const Login&) override { return true; }
    std::vector<std::string_view> mechanisms(const Origin&) const override {
        return {"PLAIN", "LOGIN", "SCRAM-SHA-256"};
    }
    Result<std::unique_ptr<Exchange>> start(const Origin& origin, std::string_view name) override {
        const Tools tools{*this, gate_, directory_, random_};
        if (!is_allowed(origin)) return fail(Why::Insecure, "Start TLS first");
        if (iequals(name, "PLAIN")) return make_plain(tools, origin);
        if (iequals(name, "LOGIN")) return make_login(tools, origin);
        if (iequals(name, "SCRAM-SHA-256")) return make_scram_sha_256(tools, origin);
        return fail(Why::Unsupported, "There is no such mechanism here");
    }
    Result<> set_password(AccountId, std::string_view) override { return none(); }
    Result<std::string> hash_password(std::string_view) override { return none(); }
    Result<NewAppPassword> add_app_password(AccountId, std::string, directory::Protocols) override {
        return none();
    }
    Result<> revoke_app_password(AccountId, std::uint32_t) override { return none(); }

private:
    static std::unexpected<Error> none() { return fail(Why::Unsupported, "Not here"); }
    directory::Directory& directory_;
    Random& random_;
    Gate gate_;
};

}  // namespace rook::auth
