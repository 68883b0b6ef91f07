// LSUB (RFC 3501 6.3.9): the names that are subscribed to, whether or not they are there.
#include "imap/list.h"
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Lsub final : Command {
    ListRequest request;

    Result<> run(Session& s) override {
        write_list(s, request);
        return {};
    }
};

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Lsub>();
    auto& list = command->request;
    list.is_lsub = list.select_subscribed = true;
    list.reference = TRY(args.mailbox());
    TRY(args.space());
    list.patterns.push_back(TRY(args.pattern()));
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {"LSUB \"\" *", "LSUB Lists/ \"%\""};

}  // namespace

extern const CommandSpec lsub{
    .name = "LSUB",
    .rfc = "3501",
    .states = State::AfterLogin,
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
