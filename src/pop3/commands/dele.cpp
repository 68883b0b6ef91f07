// DELE (RFC 1939 5): mark a message; QUIT removes it.
#include <fmt/core.h>

#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void run(Session& s, std::string_view args) {
    const auto number = s.message_number(args);
    if (!number) return;
    s.maildrop().mark_deleted(*number);
    s.ok(fmt::format("Message {} is marked as deleted", *number));
}

constexpr std::string_view examples[] = {"DELE 1"};

}  // namespace

extern const CommandSpec dele_command{
    .name = "DELE",
    .rfc = "1939",
    .usage = "DELE message",
    .states = kTransaction,
    .min_args = 1,
    .max_args = 1,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
