// SUBSCRIBE (RFC 9051 6.3.7): the name need not exist.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Subscribe final : Command {
    std::string name;

    Result<> run(Session& s) override { return s.account().subscribe(name, true); }
};

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Subscribe>();
    command->name = TRY(args.mailbox());
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {"SUBSCRIBE Lists/rookery", "SUBSCRIBE \"New mail\"",
                                         "SUBSCRIBE {5}\r\nINBOX"};

}  // namespace

extern const CommandSpec subscribe{
    .name = "SUBSCRIBE",
    .rfc = "9051",
    .states = State::AfterLogin,
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
