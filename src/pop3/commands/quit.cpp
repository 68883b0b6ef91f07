// QUIT (RFC 1939 4 and 6): removes what DELE has marked, and ends.
#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void run(Session& s, std::string_view) { s.quit(); }

constexpr std::string_view examples[] = {"QUIT"};

}  // namespace

extern const CommandSpec quit_command{
    .name = "QUIT",
    .rfc = "1939",
    .usage = "QUIT",
    .states = kAuthorization | kTransaction,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
