// RETR (RFC 1939 5): a whole message.
#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void run(Session& s, std::string_view args) {
    if (const auto number = s.message_number(args)) s.send_message(*number, std::nullopt);
}

constexpr std::string_view examples[] = {"RETR 1"};

}  // namespace

extern const CommandSpec retr_command{
    .name = "RETR",
    .rfc = "1939",
    .usage = "RETR message",
    .states = kTransaction,
    .min_args = 1,
    .max_args = 1,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
