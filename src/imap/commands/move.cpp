// MOVE and UID MOVE (RFC 6851): COPY and EXPUNGE in one; the session tells the EXPUNGEs.
#include "imap/copied.h"
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Move final : Command {
    CopyRequest request;

    explicit Move(CopyRequest r) : request(std::move(r)) {}
    Result<> run(Session& s) override {
        TRY(s.need_read_write());
        const auto to = TRY(s.get_mailbox(request.target));
        const auto uids = TRY(s.resolve(request.set, request.by));
        if (uids.is_empty()) return {};
        const auto moved = TRY(s.account().move(s.view().mailbox(), uids, to.id));
        if (moved.sources.empty()) return all_gone(request.by);
        s.counts().copied += static_cast<std::uint32_t>(moved.sources.size());
        // RFC 6851 4.3: before the EXPUNGEs.
        s.reply().line("OK").open_code(copyuid(moved)).close_code().text("Moved").end();
        return {};
    }
};

template <By by>
Result<CommandPtr> parse(Args& args) {
    return std::make_unique<Move>(TRY(read_copy(args, by)));
}

constexpr std::string_view examples[] = {"MOVE 2:4 Archive", "MOVE $ \"New mail\""};
constexpr std::string_view uid_examples[] = {"UID MOVE 304,319:* Archive"};

}  // namespace

extern const CommandSpec move{
    .name = "MOVE",
    .rfc = "6851",
    .states = State::Selected,
    .numbers = Numbers::MayExpunge,
    .capability = "MOVE",
    .not_found_code = "TRYCREATE",
    .parse = parse<By::Seq>,
    .examples = examples,
};
extern const CommandSpec uid_move{
    .name = "UID MOVE",
    .rfc = "6851",
    .states = State::Selected,
    .numbers = Numbers::MayExpunge,
    .not_found_code = "TRYCREATE",
    .parse = parse<By::Uid>,
    .examples = uid_examples,
};
}  // namespace rook::imap
