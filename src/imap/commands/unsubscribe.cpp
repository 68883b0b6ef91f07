// UNSUBSCRIBE (RFC 9051 6.3.8).
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Unsubscribe final : Command {
    std::string name;

    Result<> run(Session& s) override { return s.account().subscribe(name, false); }
};

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Unsubscribe>();
    command->name = TRY(args.mailbox());
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {"UNSUBSCRIBE Lists/rookery", "UNSUBSCRIBE \"New mail\"",
                                         "UNSUBSCRIBE {5}\r\nINBOX"};

}  // namespace

extern const CommandSpec unsubscribe{
    .name = "UNSUBSCRIBE",
    .rfc = "9051",
    .states = State::AfterLogin,
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
