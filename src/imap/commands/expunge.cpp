// EXPUNGE (RFC 9051 6.4.3): removes what has \Deleted; the session tells it as news.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Expunge final : Command {
    Result<> run(Session& s) override {
        TRY(s.need_read_write());
        const auto gone = TRY(s.account().expunge(s.view().mailbox(), std::nullopt));
        s.counts().expunged += static_cast<std::uint32_t>(gone.count());
        return {};
    }
};

constexpr std::string_view examples[] = {"EXPUNGE"};

}  // namespace

extern const CommandSpec expunge{
    .name = "EXPUNGE",
    .rfc = "9051",
    .states = State::Selected,
    .numbers = Numbers::MayExpunge,
    .parse = parse_bare<Expunge>,
    .examples = examples,
};
}  // namespace rook::imap
