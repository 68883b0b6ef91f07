// SEARCH and UID SEARCH (RFC 9051 6.4.4, 6.4.9), in slices; answers as SEARCH or ESEARCH
// (RFC 4731), saved results (RFC 5182), MODSEQ (RFC 7162 3.1.5).
#include <optional>

#include "imap/command.h"
#include "imap/condstore.h"
#include "imap/search.h"
#include "imap/session.h"
#include "mailbox/search.h"

namespace rook::imap {

namespace {

constexpr std::chrono::milliseconds kSlice{50};

class Search final : public Command {
public:
    Search(SearchRequest request, By by) : request_(std::move(request)), by_(by) {}

    net::Lane lane() const override {
        using Reads = mailbox::Criteria::Reads;
        return request_.criteria.reads() == Reads::Bodies ? net::Lane::Scan : net::Lane::Short;
    }

    Result<net::Step> step(Session& s) override {
        auto done = work(s);
        // RFC 5182 2.1: a failed search leaves nothing saved.
        if (!done && request_.saves) s.saved_search() = {};
        return done;
    }

private:
    Result<net::Step> work(Session& s) {
        if (!search_) TRY(start(s));
        if (!is_found_) {
            const auto step = TRY(search_->step(s.services().clock, kSlice));
            if (step == mailbox::Search::Step::More) return net::Step::More;
            is_found_ = true;
            save(s);
            if (is_extended(s)) {
                if (wants_answer()) write_esearch(s);
                return net::Step::Done;
            }
            s.reply().line("SEARCH");
        }
        return write_numbers(s);
    }

    Result<> start(Session& s) {
        if (!request_.is_charset_known) {
            s.set_code("BADCHARSET (US-ASCII UTF-8)");
            return fail(Why::Unsupported, "That charset is not known here");
        }
        if (request_.uses_modseq) use_condstore(s);
        TRY(resolve(s, request_));
        search_.emplace(s.view(), std::move(request_.criteria));
        return {};
    }

    // RFC 9051 6.4.4: revision 2 always answers ESEARCH.
    bool is_extended(const Session& s) const { return request_.has_return || s.has(Feature::Rev2); }
    bool wants_all() const { return request_.wants_all || !request_.has_return; }
    // RFC 5182 2.1: SAVE alone is not answered.
    bool wants_answer() const {
        return wants_all() || request_.wants_min || request_.wants_max || request_.wants_count;
    }
    // Only the ends are asked for.
    bool wants_ends_only() const {
        return (request_.wants_min || request_.wants_max) && !wants_all() && !request_.wants_count;
    }

    // RFC 5182 2.4: with MIN or MAX alone only what they name is saved.
    void save(Session& s) {
        if (!request_.saves) return;
        const auto& uids = search_->found().uids;
        s.saved_search() = uids;
        if (!wants_ends_only() || uids.is_empty()) return;
        s.saved_search() = {};
        if (request_.wants_min) s.saved_search().add(uids.first());
        if (request_.wants_max) s.saved_search().add(uids.last());
    }

    // RFC 4731 3.2: the modseq of what is named, or the highest of all.
    ModSeq modseq() const {
        const auto& found = search_->found();
        if (!wants_ends_only()) return found.highest;
        ModSeq highest;
        if (request_.wants_min) highest = std::max(highest, found.first);
        if (request_.wants_max) highest = std::max(highest, found.last);
        return highest;
    }

    template <class Set>
    void write_results(const Set& set, Reply& r) const {
        if (set.is_empty()) return;
        if (request_.wants_min) r.number("MIN", set.first());
        if (request_.wants_max) r.number("MAX", set.last());
        if (wants_all()) r.atom("ALL").atom(set.to_text());
    }

    void write_esearch(Session& s) const {
        auto& r = s.reply();
        const auto& found = search_->found();
        r.line("ESEARCH").open().atom("TAG").quoted(s.tag()).close();
        if (by_ == By::Uid) {
            r.atom("UID");
            write_results(found.uids, r);
        } else {
            write_results(found.seqs, r);
        }
        if (request_.wants_count) r.number("COUNT", found.count);
        if (request_.uses_modseq && found.count > 0) r.number("MODSEQ", modseq());
        r.end();
    }

    // "* SEARCH 2 3 5": one line, in as many steps as it takes.
    Result<net::Step> write_numbers(Session& s) {
        const auto& found = search_->found();
        const bool is_done = by_ == By::Uid ? write_some(s, found.uids) : write_some(s, found.seqs);
        if (!is_done) return net::Step::More;
        auto& r = s.reply();
        if (request_.uses_modseq && found.count > 0) {
            r.open().atom("MODSEQ").number(found.highest).close();
        }
        r.end();
        return net::Step::Done;
    }

    template <class Set>
    bool write_some(Session& s, const Set& set) {
        for (auto range = set.begin() + static_cast<std::ptrdiff_t>(range_); range != set.end();
             ++range, ++range_, offset_ = 0) {
            for (; range->first.v + offset_ <= range->last.v; ++offset_) {
                if (s.written() >= net::kStepBytes) return false;
                s.reply().number(range->first.v + offset_);
            }
        }
        return true;
    }

    SearchRequest request_;
    By by_;
    std::optional<mailbox::Search> search_;
    bool is_found_ = false;
    // What of the numbers is written.
    std::size_t range_ = 0;
    std::uint64_t offset_ = 0;
};

template <By by>
Result<CommandPtr> parse(Args& args) {
    return std::make_unique<Search>(TRY(read_search_request(args)), by);
}

constexpr std::string_view examples[] = {
    "SEARCH ALL",
    "SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"",
    "SEARCH CHARSET UTF-8 OR (UNSEEN 1:5) NOT (DELETED LARGER 1000 SMALLER 5000)",
    "SEARCH RETURN (MIN MAX COUNT) 2:* ANSWERED NEW OLD RECENT",
    "SEARCH RETURN (SAVE) TEXT {5}\r\nhello BODY x SUBJECT y HEADER X-Y \"\"",
    "SEARCH RETURN () $ KEYWORD $Junk UNKEYWORD work UNDRAFT DRAFT UNDELETED UNANSWERED UNFLAGGED",
    "SEARCH MODSEQ \"/flags/\\\\draft\" all 620162338 UID 5,7:* SENTON \"3-Mar-2003\"",
    "SEARCH EMAILID M6d99ac3275bb4e THREADID T64b478a75b7ea9",
};
constexpr std::string_view uid_examples[] = {"UID SEARCH RETURN (ALL) UNSEEN",
                                             "UID SEARCH BEFORE 3-Mar-2003 TO a CC b BCC c"};

}  // namespace

extern const CommandSpec search{
    .name = "SEARCH",
    .rfc = "9051",
    .states = State::Selected,
    .numbers = Numbers::Reads,
    .parse = parse<By::Seq>,
    .examples = examples,
};

extern const CommandSpec uid_search{
    .name = "UID SEARCH",
    .rfc = "9051",
    .states = State::Selected,
    .numbers = Numbers::MayExpunge,
    .parse = parse<By::Uid>,
    .examples = uid_examples,
};

}  // namespace rook::imap
