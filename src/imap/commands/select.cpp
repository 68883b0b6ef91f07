// SELECT and EXAMINE (RFC 9051 6.3.2, 6.3.3): open a mailbox, to change it or only to read it.
#include "imap/select.h"

#include "imap/command_list.h"
#include "imap/list.h"
#include "imap/session.h"

namespace rook::imap {

namespace {

using Access = mailbox::Account::Access;

void write_unseen(Reply& r, Seq seq) {
    r.line("OK").open_code("UNSEEN").number(seq).close_code().text("The first unseen").end();
}

Result<> write_answer(Session& s, const mailbox::MailboxInfo& box, std::string_view given) {
    auto& r = s.reply();
    auto& view = s.view();
    s.write_flag_names(view.keyword_names());
    r.line(view.count(), "EXISTS").end();
    // RFC 9051 appendix E, 10 to 12.
    if (s.has(Feature::Rev2)) {
        write_selected_list(s, box, given);
    } else {
        r.line(view.recent(), "RECENT").end();
        if (const auto unseen = TRY(view.first_unseen())) write_unseen(r, *unseen);
    }
    r.line("OK").open_code("UIDVALIDITY").number(std::uint64_t{view.uidvalidity()}).close_code();
    r.text("It stays").end();
    r.line("OK")
        .open_code("UIDNEXT")
        .number(view.uidnext())
        .close_code()
        .text("The next UID")
        .end();
    for (const auto* extension : all_extensions()) {
        for (const auto& answer : extension->select_answers) answer.write(s, box, r);
    }
    return {};
}

struct Select final : Command {
    SelectRequest request;

    Result<> run(Session& s) override {
        // RFC 9051 6.3.2: the mailbox that was selected is left, whatever becomes of this one.
        if (s.state() == State::Selected) {
            s.deselect();
            s.reply().line("OK").open_code("CLOSED").close_code().text("The other is left").end();
        }
        const auto box = TRY(s.get_mailbox(request.name));
        s.select(TRY(s.account().select(box.id, request.access, s.on_news())));
        for (const auto feature : request.enables) s.enable(feature);
        if (auto done = write_answer(s, box, request.name); !done) {
            s.deselect();
            return done;
        }
        s.set_code(s.view().is_read_only() ? "READ-ONLY" : "READ-WRITE");
        return {};
    }
};

Result<> parse_parameter(Args& args, SelectRequest& request) {
    const auto* row = TRY(read_row(args, &Extension::select_parameters, "SELECT parameter"));
    return row->parse(args, request);
}

template <Access access>
Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Select>();
    command->request.access = access;
    command->request.name = TRY(args.mailbox());
    if (!args.at_end()) {
        TRY(args.space());
        TRY(args.list(Args::Empty::Refused,
                      [&](Args& in) { return parse_parameter(in, command->request); }));
    }
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {"SELECT INBOX", "SELECT \"New mail\" (CONDSTORE)"};
constexpr std::string_view examine_examples[] = {"EXAMINE INBOX", "EXAMINE INBOX (CONDSTORE)"};

}  // namespace

extern const CommandSpec select{
    .name = "SELECT",
    .rfc = "9051",
    .states = State::AfterLogin,
    .parse = parse<Access::ReadWrite>,
    .examples = examples,
};

extern const CommandSpec examine{
    .name = "EXAMINE",
    .rfc = "9051",
    .states = State::AfterLogin,
    .parse = parse<Access::ReadOnly>,
    .examples = examine_examples,
};

}  // namespace rook::imap
