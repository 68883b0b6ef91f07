// LIST (RFC 1939 5): sizes of messages.
#include <fmt/core.h>
#include <fmt/format.h>

#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void write_line(const Maildrop& drop, std::uint32_t number, std::string& out) {
    fmt::format_to(std::back_inserter(out), "{} {}\r\n", number, drop.at(number).size);
}

void run(Session& s, std::string_view args) {
    const auto& drop = s.maildrop();
    if (!args.empty()) {
        const auto number = s.message_number(args);
        if (number) s.ok(fmt::format("{} {}", *number, drop.at(*number).size));
        return;
    }
    s.ok(fmt::format("{} messages ({} octets)", drop.left(), drop.left_bytes()));
    s.list_messages(write_line);
}

constexpr std::string_view examples[] = {"LIST", "LIST 1"};

}  // namespace

extern const CommandSpec list_command{
    .name = "LIST",
    .rfc = "1939",
    .usage = "LIST [message]",
    .states = kTransaction,
    .min_args = 0,
    .max_args = 1,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
