// LIST (RFC 9051 6.3.9, RFC 5258): mailboxes by patterns and by what they are.
#include "imap/list.h"

#include "imap/command_list.h"
#include "imap/session.h"

namespace rook::imap {
namespace {

struct List final : Command {
    ListRequest request;

    Result<> run(Session& s) override {
        write_list(s, request);
        return {};
    }
};

Result<> parse_selections(Args& args, ListRequest& list) {
    return args.list(Args::Empty::Allowed, [&](Args& in) -> Result<> {
        const auto* row = TRY(read_row(in, &Extension::list_selections, "LIST selection option"));
        row->apply(list);
        return {};
    });
}

Result<> parse_returns(Args& args, ListRequest& list) {
    return args.list(Args::Empty::Allowed, [&](Args& in) -> Result<> {
        const auto* row = TRY(read_row(in, &Extension::list_returns, "LIST return option"));
        return row->parse(in, list);
    });
}

constexpr std::size_t kMaxPatterns = 100;

Result<> parse_patterns(Args& args, ListRequest& list) {
    const auto add = [&](Args& in) -> Result<> {
        if (list.patterns.size() == kMaxPatterns) return fail(Why::Limit, "Too many patterns");
        list.patterns.push_back(TRY(in.pattern()));
        return {};
    };
    if (args.peek() != '(') return add(args);
    list.is_extended = true;
    return args.list(Args::Empty::Refused, add);
}

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<List>();
    auto& list = command->request;
    if (args.peek() == '(') {
        list.is_extended = true;
        TRY(parse_selections(args, list));
        TRY(args.space());
    }
    // RFC 9051 6.3.9.1
    if (list.recursive_match && !list.select_subscribed && !list.select_special_use) {
        return fail(Why::BadSyntax, "RECURSIVEMATCH needs something to match");
    }
    list.reference = TRY(args.mailbox());
    TRY(args.space());
    TRY(parse_patterns(args, list));
    if (!args.at_end()) {
        TRY(args.space());
        if (!args.take_word("RETURN")) return args.bad("RETURN");
        TRY(args.space());
        list.is_extended = true;
        TRY(parse_returns(args, list));
    }
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {
    "LIST \"\" *",
    "LIST Lists/ %",
    "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (\"*\" INBOX/%) RETURN (CHILDREN)",
    "LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN) SPECIAL-USE)",
};

}  // namespace

extern const CommandSpec list{
    .name = "LIST",
    .rfc = "9051",
    .states = State::AfterLogin,
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
