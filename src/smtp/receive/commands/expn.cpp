// EXPN (RFC 5321 4.1.1.7): tells nobody who is on a list.
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view) { s.reply({502, "5.5.1"}, "Lists are not told"); }

constexpr std::string_view examples[] = {"EXPN staff"};

}  // namespace

extern const CommandSpec expn_command{
    .name = "EXPN",
    .rfc = "5321",
    .usage = "EXPN list",
    .takes_arguments = true,
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
