// STAT (RFC 1939 5): how many messages and octets.
#include <fmt/core.h>

#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void run(Session& s, std::string_view) {
    s.ok(fmt::format("{} {}", s.maildrop().left(), s.maildrop().left_bytes()));
}

constexpr std::string_view examples[] = {"STAT"};

}  // namespace

extern const CommandSpec stat_command{
    .name = "STAT",
    .rfc = "1939",
    .usage = "STAT",
    .states = kTransaction,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
