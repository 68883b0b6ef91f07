// NAMESPACE (RFC 9051 6.3.10): one personal namespace, and that is the root.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Namespace final : Command {
    Result<> run(Session& s) override {
        s.reply().line("NAMESPACE").open().open().quoted("").quoted("/").close().close();
        s.reply().nil().nil().end();
        return {};
    }
};

constexpr std::string_view examples[] = {"NAMESPACE"};

}  // namespace

extern const CommandSpec namespace_{
    .name = "NAMESPACE",
    .rfc = "2342",
    .states = State::AfterLogin,
    .runs = Runs::Here,
    .capability = "NAMESPACE",
    .parse = parse_bare<Namespace>,
    .examples = examples,
};
}  // namespace rook::imap
