// STARTTLS (RFC 9051 6.2.1): what was said before it counts for nothing (Session::tls_started).
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Starttls final : Command {
    Result<> run(Session& s) override {
        if (s.link().is_tls()) return fail(Why::BadSyntax, "TLS is on already");
        if (!s.link().can_start_tls()) return fail(Why::Unsupported, "There is no TLS here");
        s.set_words("Begin TLS now");
        s.start_tls_after_reply();
        return {};
    }
};

constexpr std::string_view examples[] = {"STARTTLS"};

}  // namespace

extern const CommandSpec starttls{
    .name = "STARTTLS",
    .rfc = "9051",
    .states = State::BeforeLogin,
    .runs = Runs::Here,
    .parse = parse_bare<Starttls>,
    .examples = examples,
};
}  // namespace rook::imap
