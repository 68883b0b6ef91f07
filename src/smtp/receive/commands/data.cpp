// DATA (RFC 5321 4.1.1.4): the message.
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view) { s.begin_data(); }

constexpr std::string_view examples[] = {"DATA"};

}  // namespace

extern const CommandSpec data_command{
    .name = "DATA",
    .rfc = "5321",
    .usage = "DATA",
    .needs = Needs::Recipients,
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
