// UID EXPUNGE (RFC 4315): EXPUNGE of some messages only.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct UidExpunge final : Command {
    NumberSet set;

    Result<> run(Session& s) override {
        TRY(s.need_read_write());
        const auto uids = TRY(s.resolve(set, By::Uid));
        if (uids.is_empty()) return {};
        const auto gone = TRY(s.account().expunge(s.view().mailbox(), uids));
        s.counts().expunged += static_cast<std::uint32_t>(gone.count());
        return {};
    }
};

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<UidExpunge>();
    command->set = TRY(args.number_set());
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {"UID EXPUNGE 3000:3002", "UID EXPUNGE $"};

}  // namespace

extern const CommandSpec uid_expunge{
    .name = "UID EXPUNGE",
    .rfc = "4315",
    .states = State::Selected,
    .numbers = Numbers::MayExpunge,
    .capability = "UIDPLUS",
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
