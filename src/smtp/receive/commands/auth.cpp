// AUTH (RFC 4954): a SASL login, with an initial response if the client likes.
#include "base/ascii.h"
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view args) {
    if (s.login()) return s.bad_command({503, "5.5.1"}, "You are logged in already");
    const auto words = split(args, ' ');
    if (args.empty() || words.size() > 2) {
        return s.bad_command({501, "5.5.4"}, "Syntax: AUTH mechanism [initial-response]");
    }
    s.authenticate(words[0], words.size() > 1 ? std::optional(words[1]) : std::nullopt);
}

constexpr std::string_view examples[] = {"AUTH PLAIN AGFsaWNlAHNlY3JldA==", "AUTH LOGIN"};

}  // namespace

extern const CommandSpec auth_command{
    .name = "AUTH",
    .rfc = "4954",
    .usage = "AUTH mechanism [initial-response]",
    .kinds = kSubmission,
    .needs = Needs::Hello,
    .takes_arguments = true,
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
