// STLS (RFC 2595 4): TLS on this connection. net/ throws away what was sent before it is on.
#include "pop3/session.h"

namespace rook::pop3 {
namespace {

void run(Session& s, std::string_view) {
    if (s.link().is_tls()) return s.error(Why::Cannot, "TLS is on already");
    if (!s.link().can_start_tls()) return s.error(Why::Unsupported, "TLS is not available here");
    s.ok("Begin TLS now");
    s.link().start_tls();
}

constexpr std::string_view examples[] = {"STLS"};

}  // namespace

extern const CommandSpec stls_command{
    .name = "STLS",
    .rfc = "2595",
    .usage = "STLS",
    .states = kAuthorization,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
