// The search keys of IMAP4rev1 and IMAP4rev2 themselves (RFC 3501 and RFC 9051 6.4.4), as rows.
// AND, OR, NOT and sequence sets are read in search_request.cpp.
#include "imap/search.h"

namespace rook::imap {

namespace {

namespace test = mailbox::test;
using mailbox::Criterion;

enum class Is : std::uint8_t { Set, Unset };

template <mailbox::Flags kFlag, Is kIs>
Result<> flag(Args&, SearchRequest& request) {
    request.add(test::HasFlag{kFlag});
    if (kIs == Is::Unset) request.add(test::Not{});
    return {};
}

template <Is kIs>
Result<> keyword(Args& args, SearchRequest& request) {
    TRY(args.space());
    request.add(test::HasKeyword{std::string(TRY(args.atom()))});
    if (kIs == Is::Unset) request.add(test::Not{});
    return {};
}

Result<std::chrono::sys_days> read_day(Args& args) {
    TRY(args.space());
    return args.date();
}

template <class Before>
Result<> before(Args& args, SearchRequest& request) {
    request.add(Before{TRY(read_day(args))});
    return {};
}

Result<> since(Args& args, SearchRequest& request) {
    request.add_not(test::ReceivedBefore{TRY(read_day(args))});
    return {};
}

Result<> on(Args& args, SearchRequest& request) {
    const auto day = TRY(read_day(args));
    request.add_not(test::ReceivedBefore{day});
    request.add(test::ReceivedBefore{day + std::chrono::days(1)});
    request.add(test::And{2});
    return {};
}

// A message without a date is not since any day.
Result<> sent_since(Args& args, SearchRequest& request) {
    request.add_not(test::SentBefore{TRY(read_day(args))});
    request.add(test::HasSentDate{});
    request.add(test::And{2});
    return {};
}

Result<> sent_on(Args& args, SearchRequest& request) {
    const auto day = TRY(read_day(args));
    request.add_not(test::SentBefore{day});
    request.add(test::SentBefore{day + std::chrono::days(1)});
    request.add(test::And{2});
    return {};
}

template <class Size>
Result<> size(Args& args, SearchRequest& request) {
    TRY(args.space());
    request.add(Size{TRY(args.number64())});
    return {};
}

template <class Text>
Result<> text(Args& args, SearchRequest& request) {
    TRY(args.space());
    request.add(Text{TRY(request.text(args))});
    return {};
}

Result<> address(Args& args, SearchRequest& request, std::string_view field) {
    TRY(args.space());
    request.add(test::Header{std::string(field), TRY(request.text(args))});
    return {};
}

Result<> header(Args& args, SearchRequest& request) {
    TRY(args.space());
    auto name = TRY(args.astring());
    TRY(args.space());
    request.add(test::Header{std::move(name), TRY(request.text(args))});
    return {};
}

Result<> uid(Args& args, SearchRequest& request) {
    TRY(args.space());
    request.sets.push_back({request.criteria.tests.size(), TRY(args.number_set()), By::Uid});
    request.add(test::InUids{});
    return {};
}

template <class Test>
Result<> plain(Args&, SearchRequest& request) {
    request.add(Test{});
    return {};
}

Result<> is_new(Args&, SearchRequest& request) {
    request.add_not(test::HasFlag{mailbox::kSeen});
    request.add(test::IsRecent{});
    request.add(test::And{2});
    return {};
}

Result<> old(Args&, SearchRequest& request) {
    request.add_not(test::IsRecent{});
    return {};
}

constexpr SearchKey kKeys[] = {
    {"ALL", plain<test::Always>},
    {"ANSWERED", flag<mailbox::kAnswered, Is::Set>},
    {"BCC", [](Args& args, SearchRequest& r) { return address(args, r, "bcc"); }},
    {"BEFORE", before<test::ReceivedBefore>},
    {"BODY", text<test::Body>},
    {"CC", [](Args& args, SearchRequest& r) { return address(args, r, "cc"); }},
    {"DELETED", flag<mailbox::kDeleted, Is::Set>},
    {"DRAFT", flag<mailbox::kDraft, Is::Set>},
    {"FLAGGED", flag<mailbox::kFlagged, Is::Set>},
    {"FROM", [](Args& args, SearchRequest& r) { return address(args, r, "from"); }},
    {"HEADER", header},
    {"KEYWORD", keyword<Is::Set>},
    {"LARGER", size<test::Larger>},
    {"NEW", is_new},
    {"OLD", old},
    {"ON", on},
    {"RECENT", plain<test::IsRecent>},
    {"SEEN", flag<mailbox::kSeen, Is::Set>},
    {"SENTBEFORE", before<test::SentBefore>},
    {"SENTON", sent_on},
    {"SENTSINCE", sent_since},
    {"SINCE", since},
    {"SMALLER", size<test::Smaller>},
    {"SUBJECT", text<test::Subject>},
    {"TEXT", text<test::Text>},
    {"TO", [](Args& args, SearchRequest& r) { return address(args, r, "to"); }},
    {"UID", uid},
    {"UNANSWERED", flag<mailbox::kAnswered, Is::Unset>},
    {"UNDELETED", flag<mailbox::kDeleted, Is::Unset>},
    {"UNDRAFT", flag<mailbox::kDraft, Is::Unset>},
    {"UNFLAGGED", flag<mailbox::kFlagged, Is::Unset>},
    {"UNKEYWORD", keyword<Is::Unset>},
    {"UNSEEN", flag<mailbox::kSeen, Is::Unset>},
};

}  // namespace

std::span<const SearchKey> base_search_keys() { return kKeys; }

}  // namespace rook::imap
