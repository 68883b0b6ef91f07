// EHLO (RFC 5321 4.1.1.1): the client's name, and what this server can do.
#include "smtp/receive/hello.h"
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view args) { answer_hello(s, args); }

constexpr std::string_view examples[] = {"EHLO client.example", "EHLO [127.0.0.1]"};

}  // namespace

extern const CommandSpec ehlo_command{
    .name = "EHLO",
    .rfc = "5321",
    .usage = "EHLO name",
    .kinds = kSubmission,
    .takes_arguments = true,
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
