// AUTH (RFC 5034): a SASL login, with an initial response if the client likes.
#include "base/ascii.h"
#include "pop3/session.h"

namespace rook::pop3 {
namespace {

// Without a mechanism it lists them, as clients of RFC 1734's time ask.
void list_mechanisms(Session& s) {
    s.ok("Mechanisms follow");
    for (auto name : s.services().authenticator.mechanisms(s.origin())) {
        s.link().write(name);
        s.link().write("\r\n");
    }
    s.link().write(".\r\n");
}

void run(Session& s, std::string_view args) {
    if (args.empty()) return list_mechanisms(s);
    const auto words = split(args, ' ');
    s.authenticate(words[0], words.size() > 1 ? std::optional(words.back()) : std::nullopt);
}

constexpr std::string_view examples[] = {"AUTH PLAIN", "AUTH PLAIN AGFsaWNlAHNlY3JldA==", "AUTH"};

}  // namespace

extern const CommandSpec auth_command{
    .name = "AUTH",
    .rfc = "5034",
    .usage = "AUTH mechanism [initial-response]",
    .states = kAuthorization,
    .min_args = 0,
    .max_args = 2,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
