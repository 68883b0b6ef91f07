// QUIT (RFC 5321 4.1.1.10): ends.
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view) { s.quit(); }

constexpr std::string_view examples[] = {"QUIT"};

}  // namespace

extern const CommandSpec quit_command{
    .name = "QUIT",
    .rfc = "5321",
    .usage = "QUIT",
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
