// CHECK (RFC 3501 6.4.1): everything is on the disk already, so it is a NOOP.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Check final : Command {
    Result<> run(Session& s) override {
        (void)s;
        return {};
    }
};

constexpr std::string_view examples[] = {"CHECK"};

}  // namespace

extern const CommandSpec check{
    .name = "CHECK",
    .rfc = "3501",
    .states = State::Selected,
    .runs = Runs::Here,
    .parse = parse_bare<Check>,
    .examples = examples,
};
}  // namespace rook::imap
