// CLOSE (RFC 9051 6.4.1): expunges without a word, and leaves the mailbox.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Close final : Command {
    Result<> run(Session& s) override {
        const bool may_expunge = !s.view().is_read_only();
        const auto mailbox = s.view().mailbox();
        // Left even when the expunge fails, and before it: nothing of it is told.
        s.deselect();
        if (may_expunge) {
            const auto gone = TRY(s.account().expunge(mailbox, std::nullopt));
            s.counts().expunged += static_cast<std::uint32_t>(gone.count());
        }
        return {};
    }
};

constexpr std::string_view examples[] = {"CLOSE"};

}  // namespace

extern const CommandSpec close{
    .name = "CLOSE",
    .rfc = "9051",
    .states = State::Selected,
    .numbers = Numbers::MayExpunge,
    .parse = parse_bare<Close>,
    .examples = examples,
};
}  // namespace rook::imap
