// STATUS (RFC 9051 6.3.11): a mailbox's numbers, without selecting it.
#include "imap/status.h"

#include "imap/session.h"

namespace rook::imap {
namespace {

struct Status final : Command {
    std::string name;
    std::vector<const StatusItem*> items;

    Result<> run(Session& s) override {
        write_status(s, TRY(s.get_mailbox(name)), items);
        return {};
    }
};

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Status>();
    command->name = TRY(args.mailbox());
    TRY(args.space());
    command->items = TRY(read_status_items(args));
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {"STATUS INBOX (MESSAGES UNSEEN)",
                                         "STATUS \"New mail\" (UIDNEXT UIDVALIDITY SIZE)"};

}  // namespace

extern const CommandSpec status{
    .name = "STATUS",
    .rfc = "9051",
    .states = State::AfterLogin,
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
