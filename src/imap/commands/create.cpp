// CREATE (RFC 9051 6.3.4), with a special use (RFC 6154 3) and MAILBOXID (RFC 8474 4.1).
#include <fmt/core.h>

#include "imap/list.h"
#include "imap/session.h"

namespace rook::imap {
namespace {

// RFC 6154 3: the code that says which part cannot be.
constexpr std::string_view kUseAttr = "USEATTR";

struct Create final : Command {
    std::string name;
    std::vector<std::string> uses;

    Result<> run(Session& s) override {
        auto role = mailbox::Role::None;
        if (!uses.empty()) {
            s.set_code(std::string(kUseAttr));
            const auto named = role_of(uses.front());
            if (!named || uses.size() > 1) return fail(Why::Cannot, "There is no such use here");
            if (s.account().find(*named)) return fail(Why::Exists, "Another mailbox has that use");
            role = *named;
            s.set_code({});
        }
        const auto id = TRY(s.account().create(name, role));
        if (const auto box = s.account().find(id)) tell_name(s, box->name, name);
        s.set_code(fmt::format("MAILBOXID ({})", to_text(id)));
        return {};
    }
};

Result<> parse_use(Args& args, Create& create) {
    if (!args.take_word("USE")) return args.bad("USE");
    TRY(args.space());
    return args.list(Args::Empty::Allowed, [&](Args& in) -> Result<> {
        TRY(in.expect('\\'));
        create.uses.emplace_back(TRY(in.atom()));
        return {};
    });
}

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Create>();
    command->name = TRY(args.mailbox());
    if (!args.at_end()) {
        TRY(args.space());
        TRY(args.list(Args::Empty::Allowed, [&](Args& in) { return parse_use(in, *command); }));
    }
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {"CREATE Lists/rookery", "CREATE \"Old mail\"",
                                         "CREATE Everything (USE (\\All))"};

}  // namespace

extern const CommandSpec create{
    .name = "CREATE",
    .rfc = "9051",
    .states = State::AfterLogin,
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
