// UNSELECT (RFC 3691): leaves the selected mailbox without expunging it.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Unselect final : Command {
    Result<> run(Session& s) override {
        s.deselect();
        return {};
    }
};

constexpr std::string_view examples[] = {"UNSELECT"};

}  // namespace

extern const CommandSpec unselect{
    .name = "UNSELECT",
    .rfc = "3691",
    .states = State::Selected,
    .runs = Runs::Here,
    .capability = "UNSELECT",
    .parse = parse_bare<Unselect>,
    .examples = examples,
};
}  // namespace rook::imap
