// DELETE (RFC 9051 6.3.5): the mailbox goes, its children stay.
#include "imap/list.h"
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Delete final : Command {
    std::string name;

    Result<> run(Session& s) override {
        const auto box = TRY(s.get_mailbox(name));
        const bool is_selected = s.is_selected(box.id);
        TRY(s.account().remove(name));
        tell_name(s, box.name, name, "\\NonExistent");
        if (is_selected) {
            s.deselect();
            s.reply().line("OK").open_code("CLOSED").close_code();
            s.reply().text("It was the selected mailbox").end();
        }
        return {};
    }
};

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Delete>();
    command->name = TRY(args.mailbox());
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {"DELETE Lists/rookery", "DELETE \"New mail\"",
                                         "DELETE {5}\r\nINBOX"};

}  // namespace

extern const CommandSpec delete_{
    .name = "DELETE",
    .rfc = "9051",
    .states = State::AfterLogin,
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
