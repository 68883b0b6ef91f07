// HELO (RFC 5321 4.1.1.1): the greeting of old clients. No extensions are promised.
#include "smtp/receive/hello.h"
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view args) {
    if (take_hello(s, args)) s.reply({250, ""}, s.services().options.hostname);
}

constexpr std::string_view examples[] = {"HELO client.example"};

}  // namespace

extern const CommandSpec helo_command{
    .name = "HELO",
    .rfc = "5321",
    .usage = "HELO name",
    .kinds = kSubmission,
    .takes_arguments = true,
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
