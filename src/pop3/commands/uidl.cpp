// UIDL (RFC 1939 7): names of messages that stay the same from session to session.
#include <fmt/core.h>
#include <fmt/format.h>

#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void write_line(const Maildrop& drop, std::uint32_t number, std::string& out) {
    fmt::format_to(std::back_inserter(out), "{} {}\r\n", number, drop.unique_id(number));
}

void run(Session& s, std::string_view args) {
    const auto& drop = s.maildrop();
    if (!args.empty()) {
        const auto number = s.message_number(args);
        if (number) s.ok(fmt::format("{} {}", *number, drop.unique_id(*number)));
        return;
    }
    s.ok("Unique ids follow");
    s.list_messages(write_line);
}

constexpr std::string_view examples[] = {"UIDL", "UIDL 1"};

}  // namespace

extern const CommandSpec uidl_command{
    .name = "UIDL",
    .rfc = "1939",
    .usage = "UIDL [message]",
    .states = kTransaction,
    .min_args = 0,
    .max_args = 1,
    .capability = "UIDL",
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
