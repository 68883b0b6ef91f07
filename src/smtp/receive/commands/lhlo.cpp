// LHLO (RFC 2033 4.1): EHLO of LMTP.
#include "smtp/receive/hello.h"
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view args) { answer_hello(s, args); }

constexpr std::string_view examples[] = {"LHLO mx.example"};

}  // namespace

extern const CommandSpec lhlo_command{
    .name = "LHLO",
    .rfc = "2033",
    .usage = "LHLO name",
    .kinds = kLmtp,
    .takes_arguments = true,
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
