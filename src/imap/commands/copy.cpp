// COPY and UID COPY (RFC 9051 6.4.7): all of the messages, or none.
#include "imap/copied.h"
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Copy final : Command {
    CopyRequest request;

    explicit Copy(CopyRequest r) : request(std::move(r)) {}
    Result<> run(Session& s) override {
        const auto to = TRY(s.get_mailbox(request.target));
        const auto uids = TRY(s.resolve(request.set, request.by));
        if (uids.is_empty()) return {};
        const auto copied = TRY(s.account().copy(s.view().mailbox(), uids, to.id));
        if (copied.sources.empty()) return all_gone(request.by);
        s.counts().copied += static_cast<std::uint32_t>(copied.sources.size());
        s.set_code(copyuid(copied));
        return {};
    }
};

template <By by>
Result<CommandPtr> parse(Args& args) {
    return std::make_unique<Copy>(TRY(read_copy(args, by)));
}

constexpr std::string_view examples[] = {"COPY 2:4 Archive", "COPY $ \"New mail\""};
constexpr std::string_view uid_examples[] = {"UID COPY 304,319:* Archive"};

}  // namespace

extern const CommandSpec copy{
    .name = "COPY",
    .rfc = "9051",
    .states = State::Selected,
    .numbers = Numbers::Untouched,
    .not_found_code = "TRYCREATE",
    .parse = parse<By::Seq>,
    .examples = examples,
};
extern const CommandSpec uid_copy{
    .name = "UID COPY",
    .rfc = "9051",
    .states = State::Selected,
    .numbers = Numbers::Untouched,
    .not_found_code = "TRYCREATE",
    .parse = parse<By::Uid>,
    .examples = uid_examples,
};
}  // namespace rook::imap
