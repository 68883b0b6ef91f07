// NOOP (RFC 1939 5): keeps the connection awake.
#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void run(Session& s, std::string_view) { s.ok("Nothing done"); }

constexpr std::string_view examples[] = {"NOOP"};

}  // namespace

extern const CommandSpec noop_command{
    .name = "NOOP",
    .rfc = "1939",
    .usage = "NOOP",
    .states = kTransaction,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
