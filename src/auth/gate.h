// What every way to log in goes through: the throttle before, the account's switches and the log
// after.
//
// Owned by: the authenticator. Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "auth/auth.h"
#include "auth/throttle.h"

namespace rook::auth {

// One attempt to log in.
struct Attempt {
    Origin origin;
    std::string name;               // canonical; what is counted
    directory::AccountPtr account;  // null when nobody has the name
    std::string_view mechanism;     // for the log
};

class Gate {
public:
    Gate(directory::Directory&, const Clock&, Random&, Log&, const Options&);

    bool is_allowed(const Origin&) const;

    // Insecure, Busy (too many failures), what the store says.
    Result<Attempt> begin(const Origin&, std::string_view user, std::string_view mechanism);
    // Asked again right before an expensive or deciding step: attempts at once must not get round
    // the count.
    bool is_refused(const Attempt&);

    // The credential was right: the login, unless a switch forbids it or the credential has changed
    // meanwhile.
    Result<Login> admit(const Attempt&, std::uint32_t app_password, std::string_view tried);
    // It was wrong. One sentence for all. `tried` stands for the password; it is not kept.
    std::unexpected<Error> refuse(const Attempt&, std::string_view tried,
                                  std::string_view reason = "wrong-password");

private:
    directory::Directory& directory_;
    Log& log_;
    const Options& options_;
    Throttle throttle_;
};

std::unexpected<Error> too_many_failures();

}  // namespace rook::auth
