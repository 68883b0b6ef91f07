// What a session tells of the selected mailbox: news of others, flags, and what numbers mean.
#include <variant>

#include "base/ascii.h"
#include "imap/session.h"

namespace rook::imap {

namespace {

struct FlagName {
    mailbox::Flags flag;
    std::string_view name;
};
constexpr FlagName kFlagNames[] = {
    {mailbox::kSeen, "\\Seen"},       {mailbox::kAnswered, "\\Answered"},
    {mailbox::kFlagged, "\\Flagged"}, {mailbox::kDeleted, "\\Deleted"},
    {mailbox::kDraft, "\\Draft"},
};

}  // namespace

void Session::write_flags(const mailbox::Entry& entry, const mailbox::KeywordNames& names,
                          Reply& r) const {
    r.atom("FLAGS").open();
    for (const auto& [flag, name] : kFlagNames) {
        if (entry.flags & flag) r.atom(name);
    }
    // RFC 9051 appendix E, 12: \Recent is IMAP4rev1's.
    if (!has(Feature::Rev2) && view_ && view_->is_recent(entry.uid)) r.atom("\\Recent");
    for (std::size_t i = 0; entry.keywords >> i != 0 && i < names->size(); ++i) {
        if (entry.keywords >> i & 1) r.atom((*names)[i]);
        if (i + 1 == mailbox::kMaxKeywords) break;
    }
    r.close();
}

void Session::write_flags_fetch(Seq seq, const mailbox::Entry& entry,
                                const mailbox::KeywordNames& names, WithUid with_uid) {
    reply_.line(seq.v, "FETCH").open();
    // RFC 9051 appendix E, 21: unsolicited ones carry the UID.
    if (with_uid == WithUid::Always || has(Feature::Rev2)) reply_.number("UID", entry.uid);
    write_flags(entry, names, reply_);
    if (has(Feature::CondStore)) reply_.atom("MODSEQ").open().number(entry.modseq).close();
    reply_.close().end();
}

void Session::write_flag_names(const mailbox::KeywordNames& names) {
    const auto write_all = [&] {
        for (const auto& [flag, name] : kFlagNames) reply_.atom(name);
        for (const auto& name : *names) reply_.atom(name);
    };
    reply_.line("FLAGS").open();
    write_all();
    reply_.close().end();
    reply_.line("OK").open_code("PERMANENTFLAGS").open();
    if (!view_->is_read_only()) {
        write_all();
        if (names->size() < mailbox::kMaxKeywords) reply_.atom("\\*");
    }
    reply_.close().close_code();
    reply_.text(view_->is_read_only() ? "Read-only" : "These are kept").end();
}

void Session::select(std::unique_ptr<mailbox::View> view) {
    view_ = std::move(view);
    update_facts();
}

void Session::deselect() {
    view_.reset();
    saved_search_ = {};
    is_view_gone_ = false;
    update_facts();
}

std::function<void()> Session::on_news() {
    return [this] {
        if (wants_news_.load(std::memory_order_relaxed)) link_.wake();
    };
}

Result<mailbox::MailboxInfo> Session::get_mailbox(std::string_view name) {
    auto info = account_->find(name);
    if (!info) return fail(Why::NotFound, "There is no such mailbox");
    return std::move(*info);
}

Result<> Session::need_read_write() {
    if (view_->is_read_only()) return fail(Why::Cannot, "The mailbox is open read-only");
    return {};
}

void Session::announce(Numbers numbers) {
    const auto tell_what =
        numbers == Numbers::Reads ? mailbox::Tell::NoExpunge : mailbox::Tell::Everything;
    if (!view_->has_news()) return;
    for (const auto& news : view_->news(tell_what)) tell(news);
}

void Session::tell(const mailbox::News& news) {
    struct Teller {
        Session& s;
        void operator()(const mailbox::Exists& exists) const {
            s.reply_.line(exists.count, "EXISTS").end();
            if (!s.has(Feature::Rev2)) s.reply_.line(exists.recent, "RECENT").end();
        }
        void operator()(const mailbox::NewFlags& flags) const {
            s.write_flags_fetch(flags.seq, flags.entry, s.view_->keyword_names(),
                                WithUid::WhenRev2);
        }
        void operator()(const mailbox::Vanished& vanished) const {
            s.reply_.line(vanished.seq.v, "EXPUNGE").end();
        }
        void operator()(const mailbox::NewKeywords& keywords) const {
            s.write_flag_names(keywords.names);
        }
        void operator()(const mailbox::MailboxGone&) const { s.is_view_gone_ = true; }
    };
    std::visit(Teller{*this}, news);
}

void Session::start_idle() {
    mode_ = Mode::Idle;
    reply_.raw("+ idling\r\n");
    wants_news_ = view_ != nullptr;
    // What came before the flag was up would not wake us.
    woken();
    update_facts();
}

void Session::woken() {
    if (mode_ != Mode::Idle || !view_) return;
    where_news_may_be_read([this] {
        announce(Numbers::Untouched);
        if (is_view_gone_) after_step();
        flush();
    });
}

bool Session::is_view_behind() const { return view_ && view_->is_behind(); }

void Session::where_news_may_be_read(std::function<void()> work) {
    if (!is_view_behind()) return work();
    link_.run(net::Lane::Short, [work = std::move(work)] {
        work();
        return net::Step::Done;
    });
}

void Session::end_idle(std::string_view line) {
    mode_ = Mode::Command;
    wants_news_ = false;
    update_facts();
    where_news_may_be_read([this, is_done = iequals(line, "DONE")] {
        finish(is_done ? Result<>{} : fail(Why::BadSyntax, "Expected DONE"));
        flush();
    });
}

Result<UidSet> Session::resolve(const NumberSet& set, By by) {
    if (set.is_saved) return view_->existing(saved_search_);
    if (by == By::Uid) {
        const auto last = view_->last_uid();
        if (last.v == 0) return UidSet{};
        std::vector<Range<Uid>> ranges;
        ranges.reserve(set.ranges.size());
        const auto uid = [&](std::uint32_t n) { return n == NumberSet::kStar ? last : Uid{n}; };
        for (const auto& range : set.ranges) ranges.push_back({uid(range.first), uid(range.last)});
        return view_->existing(UidSet::from_unsorted(std::move(ranges)));
    }
    const auto count = view_->count();
    std::vector<Range<Seq>> ranges;
    ranges.reserve(set.ranges.size());
    for (const auto& range : set.ranges) {
        const Seq first{range.first == NumberSet::kStar ? count : range.first};
        const Seq last{range.last == NumberSet::kStar ? count : range.last};
        // RFC 9051 9, seq-number: "*" of an empty mailbox is such a number too.
        if (count == 0 || first.v > count || last.v > count) {
            return fail(Why::BadSyntax,
                        count == 0 ? std::string("The mailbox is empty")
                                   : "There are only " + std::to_string(count) + " messages");
        }
        ranges.push_back({first, last});
    }
    return view_->uids(SeqSet::from_unsorted(std::move(ranges)));
}

}  // namespace rook::imap
