// RENAME (RFC 9051 6.3.6): with children; INBOX's messages move and INBOX stays.
#include "imap/list.h"
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Rename final : Command {
    std::string from, to;

    Result<> run(Session& s) override {
        const auto before = s.account().find(from);
        TRY(s.account().rename(from, to));
        const auto after = s.account().find(to);
        if (!after) return {};
        // RFC 9051 6.3.6: OLDNAME is the name that was, however the client spelled either.
        const bool is_inbox = before && before->role == mailbox::Role::Inbox;
        const bool is_from_other = before && !is_inbox && !is_spelled_so(before->name, from);
        if (is_from_other || !is_spelled_so(after->name, to)) tell_name(s, after->name, from);
        return {};
    }
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
