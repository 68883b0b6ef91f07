// CAPA (RFC 2449): what this server can do, on this connection, in this state.
#include "pop3/session.h"

namespace rook::pop3 {
namespace {

// What is a matter of the server and of no one command.
constexpr std::string_view kFixed[] = {"PIPELINING", "RESP-CODES", "AUTH-RESP-CODE", "EXPIRE NEVER",
                                       "IMPLEMENTATION Rookery"};

void run(Session& s, std::string_view) {
    std::string out;
    const auto line = [&out](std::string_view text) { out.append(text).append("\r\n"); };
    for (const auto* command : all_commands()) {
        if (!command->capability.empty()) line(command->capability);
    }
    for (auto text : kFixed) line(text);
    if (s.link().can_start_tls() && s.state() == kAuthorization) line("STLS");
    // Told in both states, as RFC 2449 6.3 allows, but never where a password would go in clear.
    if (s.may_log_in()) {
        line("USER");
        std::string sasl = "SASL";
        for (auto name : s.services().authenticator.mechanisms(s.origin())) {
            sasl.append(" ").append(name);
        }
        if (sasl.size() > 4) line(sasl);
    }
    s.ok("Capabilities follow");
    line(".");
    s.link().write(out);
}

constexpr std::string_view examples[] = {"CAPA"};

}  // namespace

extern const CommandSpec capa_command{
    .name = "CAPA",
    .rfc = "2449",
    .usage = "CAPA",
    .states = kAuthorization | kTransaction,
    .run = run,
    .examples = examples,
};
}  // namespace rook::pop3
