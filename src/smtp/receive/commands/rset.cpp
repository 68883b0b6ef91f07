// RSET (RFC 5321 4.1.1.5): forgets MAIL and RCPT.
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view) {
    s.transaction().reset();
    s.reply({250, "2.0.0"}, "Forgotten");
}

constexpr std::string_view examples[] = {"RSET"};

}  // namespace

extern const CommandSpec rset_command{
    .name = "RSET",
    .rfc = "5321",
    .usage = "RSET",
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
