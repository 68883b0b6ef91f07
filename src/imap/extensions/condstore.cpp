// CONDSTORE (RFC 7162 part 3): modification sequences on every entry.
#include "imap/condstore.h"

#include "imap/command_list.h"
#include "imap/fetch_message.h"
#include "imap/session.h"

namespace rook::imap {

void use_condstore(Session& s) {
    if (s.has(Feature::CondStore)) return;
    s.enable(Feature::CondStore);
    if (s.state() == State::Selected) tell_highest_modseq(s);
}

void tell_highest_modseq(Session& s) {
    s.reply().line("OK").open_code("HIGHESTMODSEQ").number(s.view().highest_modseq()).close_code();
    s.reply().text("Highest").end();
}

}  // namespace rook::imap

namespace rook::imap::extensions {

namespace {

constexpr FetchItem fetch_items[] = {{.name = "MODSEQ",
                                      .write =
                                          [](FetchMessage& message, wire::Writer& r) {
                                              r.open().number(message.entry().modseq).close();
                                              return Result<>{};
                                          },
                                      .enables = Feature::CondStore}};

constexpr FetchModifier fetch_modifiers[] = {
    {"CHANGEDSINCE", [](wire::Args& args, FetchRequest& request) -> Result<> {
         TRY(args.space());
         request.changed_since = ModSeq{TRY(args.number64())};
         return {};
     }}};

constexpr StoreModifier store_modifiers[] = {
    {"UNCHANGEDSINCE",
     [](wire::Args& args, mailbox::FlagEdit& edit) -> Result<> {
         TRY(args.space());
         edit.unchanged_since = ModSeq{TRY(args.number64())};
         return {};
     },
     Feature::CondStore}};

// 3.1.5: MODSEQ ["/flags/\\seen" shared] 12345. All flags of an entry have one modseq.
Result<> read_modseq_key(wire::Args& args, SearchRequest& request) {
    TRY(args.space());
    if (args.peek() == '"') {
        TRY(args.string());
        TRY(args.space());
        if (!args.take_word("priv") && !args.take_word("shared") && !args.take_word("all"))
            return args.bad("priv, shared or all");
        TRY(args.space());
    }
    request.uses_modseq = true;
    request.add(mailbox::test::ChangedSince{ModSeq{TRY(args.number64())}});
    return {};
}

constexpr SearchKey search_keys[] = {{"MODSEQ", read_modseq_key}};

constexpr EnableName enable_names[] = {{"CONDSTORE", Feature::CondStore}};

constexpr SelectParameter select_parameters[] = {
    {"CONDSTORE", [](wire::Args&, SelectRequest& request) {
         request.enables.push_back(Feature::CondStore);
         return Result<>{};
     }}};

constexpr SelectAnswer select_answers[] = {
    {"HIGHESTMODSEQ",
     [](Session& s, const mailbox::MailboxInfo&, wire::Writer&) { tell_highest_modseq(s); }}};

constexpr StatusItem status_items[] = {{"HIGHESTMODSEQ",
                                        [](Session&, const mailbox::MailboxInfo& box,
                                           wire::Writer& r) { r.number(box.highest_modseq); },
                                        Feature::CondStore}};

}  // namespace

extern const Extension condstore{
    .name = "CONDSTORE",
    .rfc = "7162",
    .capability = "CONDSTORE",
    .enable = enable_names,
    .fetch_items = fetch_items,
    .fetch_modifiers = fetch_modifiers,
    .search_keys = search_keys,
    .store_modifiers = store_modifiers,
    .select_parameters = select_parameters,
    .select_answers = select_answers,
    .status_items = status_items,
};

}  // namespace rook::imap::extensions
