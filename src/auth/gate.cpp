#include "auth/gate.h"

#include <algorithm>

#include "auth/success_cache.h"

namespace rook::auth {
namespace {

std::string_view name_of(directory::Protocol protocol) {
    switch (protocol) {
        case directory::Protocol::Imap:
            return "imap";
        case directory::Protocol::Pop3:
            return "pop3";
        case directory::Protocol::Submission:
            return "submission";
        case directory::Protocol::Jmap:
            return "jmap";
        case directory::Protocol::ManageSieve:
            return "managesieve";
    }
    return "?";
}

bool app_password_allows(const directory::Account& account, std::uint32_t id,
                         directory::Protocol protocol) {
    auto& all = account.app_passwords;
    auto found = std::find_if(all.begin(), all.end(), [&](auto& one) { return one.id == id; });
    return found != all.end() && directory::has(found->protocols, protocol);
}

}  // namespace

std::unexpected<Error> too_many_failures() {
    return fail(Why::Busy, "Too many failed logins, try again later");
}

Gate::Gate(directory::Directory& directory, const Clock& clock, Random& random, Log& log,
           const Options& options)
    : directory_(directory),
      log_(log),
      options_(options),
      throttle_(clock, random, options.failures_per_network, options.failures_per_account) {}

bool Gate::is_allowed(const Origin& origin) const {
    return origin.is_tls ||
           (options_.plaintext == Options::Plaintext::Loopback && origin.is_loopback);
}

Result<Attempt> Gate::begin(const Origin& origin, std::string_view user,
                            std::string_view mechanism) {
    if (!is_allowed(origin)) return fail(Why::Insecure, "Start TLS first");
    Attempt attempt{origin, directory_.login_name(user), nullptr, mechanism};
    if (is_refused(attempt)) {
        log_.info("login-refused", {{"protocol", name_of(origin.protocol)},
                                    {"network", origin.network},
                                    {"reason", "too-many-failures"}});
        return too_many_failures();
    }
    attempt.account = TRY(directory_.find(attempt.name));
    return attempt;
}

bool Gate::is_refused(const Attempt& attempt) {
    return throttle_.is_refused(attempt.origin.network, attempt.name);
}

Result<Login> Gate::admit(const Attempt& attempt, std::uint32_t app_password,
                          std::string_view tried) {
    auto now = TRY(directory_.find(attempt.account->id));
    if (!now || credentials_of(*now) != credentials_of(*attempt.account))
        return refuse(attempt, tried, "changed-meanwhile");
    auto protocol = attempt.origin.protocol;
    if (!directory::has(now->protocols, protocol) ||
        (app_password != 0 && !app_password_allows(*now, app_password, protocol)))
        return refuse(attempt, tried, "protocol-off");
    throttle_.succeeded(attempt.origin.network, attempt.name);
    log_.debug("login", {{"account", now->address},
                         {"protocol", name_of(protocol)},
                         {"network", attempt.origin.network},
                         {"mechanism", attempt.mechanism},
                         {"app_password", app_password}});
    return Login{now, app_password};
}

std::unexpected<Error> Gate::refuse(const Attempt& attempt, std::string_view tried,
                                    std::string_view reason) {
    throttle_.failed(attempt.origin.network, attempt.name, tried);
    // A name that nobody has may be a password in the wrong field: it is not logged.
    log_.info("login-failed",
              {{"account", attempt.account ? std::string_view(attempt.account->address) : "-"},
               {"protocol", name_of(attempt.origin.protocol)},
               {"network", attempt.origin.network},
               {"mechanism", attempt.mechanism},
               {"reason", attempt.account ? reason : "no-such-account"}});
    return fail(Why::Denied, "Wrong user name or password");
}

}  // namespace rook::auth
