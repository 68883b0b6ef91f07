// RSET (RFC 1939 5): takes back every DELE.
#include <fmt/core.h>

#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void run(Session& s, std::string_view) {
    auto& drop = s.maildrop();
    drop.unmark_all();
    s.ok(fmt::format("{} messages ({} octets)", drop.left(), drop.left_bytes()));
}

constexpr std::string_view examples[] = {"RSET"};

}  // namespace

extern const CommandSpec rset_command{
    .name = "RSET",
    .rfc = "1939",
    .usage = "RSET",
    .states = kTransaction,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
