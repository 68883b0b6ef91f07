// PASS (RFC 1939 7): the password for the name that USER gave.
#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void run(Session& s, std::string_view args) {
    if (!s.user()) return s.error(Why::Cannot, "USER comes first");
    // The password is all that follows, blanks included.
    s.log_in(std::string(args));
}

constexpr std::string_view examples[] = {"PASS secret", "PASS two words "};

}  // namespace

extern const CommandSpec pass_command{
    .name = "PASS",
    .rfc = "1939",
    .usage = "PASS password",
    .states = kAuthorization,
    .min_args = 0,
    .max_args = kAnyArgs,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
