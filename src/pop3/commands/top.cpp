// TOP (RFC 1939 7): a message's header and the first lines of its body.
#include "base/ascii.h"
#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void run(Session& s, std::string_view args) {
    const auto words = split(args, ' ');
    const auto number = s.message_number(words[0]);
    if (!number) return;
    const auto lines = parse_number<std::uint64_t>(words.back());
    if (!lines) return s.error(Why::BadSyntax, "A number of lines is made of digits");
    s.send_message(*number, lines);
}

constexpr std::string_view examples[] = {"TOP 1 0", "TOP 1 20"};

}  // namespace

extern const CommandSpec top_command{
    .name = "TOP",
    .rfc = "1939",
    .usage = "TOP message lines",
    .states = kTransaction,
    .min_args = 2,
    .max_args = 2,
    .capability = "TOP",
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
