// OBJECTID (RFC 8474): names for mailboxes, emails and threads that survive renames and moves.
#include "imap/command_list.h"
#include "imap/fetch_message.h"
#include "imap/session.h"

namespace rook::imap::extensions {

namespace {

Result<> write_email_id(FetchMessage& message, wire::Writer& r) {
    r.open().atom(to_text(message.entry().email)).close();
    return {};
}

Result<> write_thread_id(FetchMessage& message, wire::Writer& r) {
    const auto thread = TRY(message.session().account().thread(message.entry().email));
    if (!thread) {
        r.nil();
    } else {
        r.open().atom(to_text(thread)).close();
    }
    return {};
}

// A thread is read from the disk, which may fail: with the Summaries, not while entries are walked.
constexpr FetchItem fetch_items[] = {
    {.name = "EMAILID", .write = write_email_id},
    {.name = "THREADID", .needs = Needs::Summary, .write = write_thread_id},
};

// RFC 8474 6: an id that cannot be one of ours is the id of nothing.
template <class Test, class Id, char kTag>
Result<> read_id(wire::Args& args, SearchRequest& request) {
    TRY(args.space());
    if (const auto id = parse_object_id(kTag, TRY(args.astring()))) {
        request.add(Test{Id{id->first, id->second}});
    } else {
        request.add_not(mailbox::test::Always{});
    }
    return {};
}

constexpr SearchKey search_keys[] = {
    {"EMAILID", read_id<mailbox::test::IsEmail, EmailId, 'E'>},
    {"THREADID", read_id<mailbox::test::InThread, ThreadId, 'T'>},
};

constexpr SelectAnswer select_answers[] = {
    {"MAILBOXID", [](Session&, const mailbox::MailboxInfo& box, wire::Writer& r) {
         r.line("OK").open_code("MAILBOXID").open().atom(to_text(box.id)).close().close_code();
         r.text("Ok").end();
     }}};

constexpr StatusItem status_items[] = {
    {"MAILBOXID", [](Session&, const mailbox::MailboxInfo& box, wire::Writer& r) {
         r.open().atom(to_text(box.id)).close();
     }}};

}  // namespace

extern const Extension objectid{
    .name = "OBJECTID",
    .rfc = "8474",
    .capability = "OBJECTID",
    .fetch_items = fetch_items,
    .search_keys = search_keys,
    .select_answers = select_answers,
    .status_items = status_items,
};

}  // namespace rook::imap::extensions
