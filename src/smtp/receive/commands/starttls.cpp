// STARTTLS (RFC 3207): TLS on this connection. net/ throws away what was sent before it is on.
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view) {
    if (s.link().is_tls()) return s.bad_command({503, "5.5.1"}, "TLS is on already");
    if (!s.link().can_start_tls()) return s.reply({454, "4.7.0"}, "TLS is not available here");
    s.reply({220, "2.0.0"}, "Begin TLS now");
    s.link().start_tls();
}

constexpr std::string_view examples[] = {"STARTTLS"};

}  // namespace

extern const CommandSpec starttls_command{
    .name = "STARTTLS",
    .rfc = "3207",
    .usage = "STARTTLS",
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
