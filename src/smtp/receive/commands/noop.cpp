// NOOP (RFC 5321 4.1.1.9): keeps the connection awake.
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view) { s.reply({250, "2.0.0"}, "Nothing done"); }

constexpr std::string_view examples[] = {"NOOP", "NOOP are you there"};

}  // namespace

extern const CommandSpec noop_command{
    .name = "NOOP",
    .rfc = "5321",
    .usage = "NOOP [text]",
    .takes_arguments = true,
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
