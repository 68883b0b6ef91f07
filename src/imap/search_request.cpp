// Reads SEARCH's arguments into postfix criteria; nothing recurses, however deep the keys nest.
#include "imap/command_list.h"
#include "imap/search.h"
#include "imap/session.h"
#include "message/charset.h"

namespace rook::imap {

namespace {

namespace test = mailbox::test;

// Of all sets that are tests, as UIDs: "1:*" in a mailbox with gaps is one for each gap, and a
// client may name it as often as it likes.
constexpr std::size_t kMaxRanges = 1'000'000;

// What is open while keys are read: "(", or NOT or OR and what it still waits for.
struct Open {
    enum class Kind : std::uint8_t { Group, Not, Or } kind;
    std::size_t values = 0;
};

class KeyReader {
public:
    KeyReader(Args& args, SearchRequest& request) : args_(args), request_(request) {}

    Result<> run() {
        open_.push_back({Open::Kind::Group});
        while (!open_.empty()) {
            if (request_.criteria.tests.size() + open_.size() > mailbox::kMaxTests)
                return fail(Why::Limit, "Too many search keys");
            if (TRY(read_key())) TRY(end_value());
        }
        return {};
    }

private:
    bool is_top() const { return open_.size() == 1; }

    // False when what was read needs another key first.
    Result<bool> read_key() {
        if (args_.take('(')) return begin(Open::Kind::Group);
        if (is_digit(args_.peek()) || args_.peek() == '*' || args_.peek() == '$') {
            TRY(read_set());
            return true;
        }
        const auto name = TRY(args_.atom());
        if (iequals(name, "NOT") || iequals(name, "OR")) {
            TRY(args_.space());
            return begin(iequals(name, "OR") ? Open::Kind::Or : Open::Kind::Not);
        }
        const auto* key = find_key(name);
        if (!key) return unknown("search key", name);
        const auto sets_before = request_.sets.size();
        TRY(key->parse(args_, request_));
        if (request_.sets.size() > sets_before) narrow();
        return true;
    }

    Result<bool> begin(Open::Kind kind) {
        open_.push_back({kind});
        return false;
    }

    static const SearchKey* find_key(std::string_view name) {
        for (const auto& key : base_search_keys()) {
            if (iequals(key.name, name)) return &key;
        }
        return find_row(&Extension::search_keys, name);
    }

    Result<> read_set() {
        auto& tests = request_.criteria.tests;
        request_.sets.push_back({tests.size(), TRY(args_.number_set()), By::Seq});
        request_.add(test::InUids{});
        narrow();
        return {};
    }

    // A set that every match must be in is not a test: it says what is looked at.
    void narrow() {
        if (!is_top()) return;
        request_.criteria.tests.pop_back();
        request_.sets.back().test = SearchRequest::kNarrows;
        is_narrowing_ = true;
    }

    // A value is there: it may be the last of what is open.
    Result<> end_value() {
        for (;;) {
            auto& open = open_.back();
            if (!is_narrowing_) ++open.values;
            is_narrowing_ = false;
            switch (open.kind) {
                case Open::Kind::Not:
                    request_.add(test::Not{});
                    break;
                case Open::Kind::Or:
                    if (open.values < 2) return args_.space();
                    request_.add(test::Or{2});
                    break;
                case Open::Kind::Group:
                    if (!(is_top() ? args_.at_end() : args_.take(')'))) return args_.space();
                    if (open.values > 1) request_.add(test::And{open.values});
                    break;
            }
            open_.pop_back();
            if (open_.empty()) return {};
        }
    }

    Args& args_;
    SearchRequest& request_;
    std::vector<Open> open_;
    bool is_narrowing_ = false;
};

Result<> read_return(Args& args, SearchRequest& request) {
    request.has_return = true;
    TRY(args.space());
    bool is_empty = true;
    TRY(args.list(Args::Empty::Allowed, [&](Args& one) -> Result<> {
        is_empty = false;
        const auto* row = TRY(read_row(one, &Extension::search_returns, "SEARCH return option"));
        return row->parse(one, request);
    }));
    // RFC 9051 6.4.4: "RETURN ()" asks for ALL.
    if (is_empty) request.wants_all = true;
    return args.space();
}

Result<> read_charset(Args& args, SearchRequest& request) {
    TRY(args.space());
    request.charset = TRY(args.astring());
    request.is_charset_known = message::is_known_charset(request.charset);
    return args.space();
}

Result<UidSet> uids_of(Session& s, const SearchRequest::Set& set) {
    auto& view = s.view();
    if (set.numbers.is_saved) return s.saved_search();
    const auto star = set.by == By::Uid ? view.last_uid().v : view.count();
    std::vector<Range<Uid>> uids;
    std::vector<Range<Seq>> seqs;
    for (auto [first, last] : set.numbers.ranges) {
        if (first == NumberSet::kStar) first = star;
        if (last == NumberSet::kStar) last = star;
        uids.push_back({Uid{first}, Uid{last}});
        seqs.push_back({Seq{first}, Seq{last}});
    }
    if (set.by == By::Uid) return UidSet::from_unsorted(std::move(uids));
    return view.uids(SeqSet::from_unsorted(std::move(seqs)));
}

}  // namespace

Result<std::string> SearchRequest::text(Args& args) const {
    const auto bytes = TRY(args.astring());
    return message::to_utf8(bytes, charset.empty() ? "UTF-8" : charset);
}

Result<SearchRequest> read_search_request(Args& args) {
    SearchRequest request;
    if (args.take_word("RETURN")) TRY(read_return(args, request));
    if (args.take_word("CHARSET")) TRY(read_charset(args, request));
    TRY(KeyReader(args, request).run());
    TRY(mailbox::check(request.criteria));
    return request;
}

Result<> resolve(Session& s, SearchRequest& request) {
    std::size_t ranges = 0;
    for (const auto& set : request.sets) {
        auto uids = TRY(uids_of(s, set));
        if (set.test == SearchRequest::kNarrows) {
            request.criteria.narrow(uids);
        } else {
            ranges += static_cast<std::size_t>(uids.end() - uids.begin());
            if (ranges > kMaxRanges) return fail(Why::Limit, "The sets take too much memory");
            request.criteria.tests[set.test] = test::InUids{std::move(uids)};
        }
    }
    return {};
}

}  // namespace rook::imap
