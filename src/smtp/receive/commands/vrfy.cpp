// VRFY (RFC 5321 4.1.1.6): tells nobody who is here (RFC 5321 7.3).
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view args) {
    if (args.empty()) return s.bad_command({501, "5.5.4"}, "Syntax: VRFY address");
    s.reply({252, "2.5.0"}, "Try RCPT: it says whether mail is taken");
}

constexpr std::string_view examples[] = {"VRFY alice@example.test"};

}  // namespace

extern const CommandSpec vrfy_command{
    .name = "VRFY",
    .rfc = "5321",
    .usage = "VRFY address",
    .takes_arguments = true,
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
