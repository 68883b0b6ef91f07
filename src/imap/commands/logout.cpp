// LOGOUT (RFC 9051 6.1.3).
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Logout final : Command {
    Result<> run(Session& s) override {
        s.reply().line("BYE").text("Goodbye").end();
        s.close_after_reply();
        return {};
    }
};

constexpr std::string_view examples[] = {"LOGOUT"};

}  // namespace

extern const CommandSpec logout{
    .name = "LOGOUT",
    .rfc = "9051",
    .states = State::Any,
    .runs = Runs::Here,
    .parse = parse_bare<Logout>,
    .examples = examples,
};
}  // namespace rook::imap
