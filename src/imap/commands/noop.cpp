// NOOP (RFC 9051 6.1.2): a chance to tell news, which the session takes by itself.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Noop final : Command {
    Result<> run(Session& s) override {
        (void)s;
        return {};
    }
};

constexpr std::string_view examples[] = {"NOOP"};

}  // namespace

extern const CommandSpec noop{
    .name = "NOOP",
    .rfc = "9051",
    .states = State::Any,
    .runs = Runs::Here,
    .parse = parse_bare<Noop>,
    .examples = examples,
};
}  // namespace rook::imap
