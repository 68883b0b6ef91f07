// RENAME (RFC 9051 6.3.6): with children; INBOX's messages move and INBOX stays.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Rename final : Command {
    std::string from, to;

    Result<> run(Session& s) override { return s.account().rename(from, to); }
};

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Rename>();
    command->from = TRY(args.mailbox());
    TRY(args.space());
    command->to = TRY(args.mailbox());
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {"RENAME Lists Archive/Lists",
                                         "RENAME INBOX \"2023 mail\""};

}  // namespace

extern const CommandSpec rename{
    .name = "RENAME",
    .rfc = "9051",
    .states = State::AfterLogin,
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
