// CAPABILITY (RFC 9051 6.1.1): what this server does, for this session, now.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Capability final : Command {
    Result<> run(Session& s) override {
        s.reply().line(s.capabilities()).end();
        return {};
    }
};

constexpr std::string_view examples[] = {"CAPABILITY"};

}  // namespace

extern const CommandSpec capability{
    .name = "CAPABILITY",
    .rfc = "9051",
    .states = State::Any,
    .runs = Runs::Here,
    .parse = parse_bare<Capability>,
    .examples = examples,
};
}  // namespace rook::imap
