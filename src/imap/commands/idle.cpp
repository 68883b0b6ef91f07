// IDLE (RFC 9051 6.3.13): a state until DONE, in which news is told at once.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Idle final : Command {
    Result<> run(Session& s) override {
        s.start_idle();
        return {};
    }
};

constexpr std::string_view examples[] = {"IDLE"};

}  // namespace

extern const CommandSpec idle{
    .name = "IDLE",
    .rfc = "2177",
    .states = State::AfterLogin,
    .runs = Runs::Here,
    .capability = "IDLE",
    .parse = parse_bare<Idle>,
    .examples = examples,
};
}  // namespace rook::imap
