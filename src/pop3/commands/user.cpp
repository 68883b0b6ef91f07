// USER (RFC 1939 7): the name; PASS brings the password.
#include "base/ascii.h"
#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void run(Session& s, std::string_view args) {
    if (!s.may_log_in()) {
        return s.error(Why::Insecure, "A password may be sent over TLS only: use STLS first");
    }
    s.set_user(trim(args));
    // Whether or not there is such a user.
    s.ok("Now the password");
}

constexpr std::string_view examples[] = {"USER alice@example.test"};

}  // namespace

extern const CommandSpec user_command{
    .name = "USER",
    .rfc = "1939",
    .usage = "USER name",
    .states = kAuthorization,
    .min_args = 1,
    .max_args = 1,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
