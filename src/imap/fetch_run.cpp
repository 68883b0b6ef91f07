#include "imap/fetch_run.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/check.h"
#include "mailbox/criteria.h"

namespace rook::imap {

namespace {

// Messages whose Summaries are read together; fewer when they may be large.
constexpr std::size_t kBatch = 128;
constexpr std::uint64_t kBatchBytes = 8 << 20;
// More items than any client names. FLAGS may be 6 KB: a line of thousands must not be built whole.
constexpr std::size_t kFewItems = 64;
// What a line about an entry takes, about.
constexpr std::uint64_t kLineBytes = 32;
// What the Summary of a message of that size takes at most, about.
std::uint64_t summary_bytes(std::uint32_t size) {
    return 2 * std::min<std::uint64_t>(size, 512 * 1024);
}

UidSet behind(const UidSet& set, Uid last) {
    if (last.v == UINT32_MAX) return {};
    UidSet rest;
    rest.add(Uid{last.v + 1}, Uid{UINT32_MAX});
    return mailbox::intersection(set, rest);
}

}  // namespace

FetchRun::FetchRun(Session& session, const FetchRequest& request, By by, UidSet messages)
    : s_(session),
      by_(by),
      request_(request),
      left_(std::move(messages)),
      only_entries_(request.needs() == Needs::Entry && request.values.size() <= kFewItems),
      sets_seen_(request.sets_seen() && !session.view().is_read_only()),
      writer_(out_, session.reply().style()) {}

Result<net::Step> FetchRun::step() {
    const auto done = only_entries_ ? answer_entries() : answer_messages();
    if (is_cut_) return net::Step::Done;
    if (!done) {
        flush();
        return std::unexpected(done.error());
    }
    flush();
    if (!left_.is_empty() || message_ || next_ < batch_.size()) return net::Step::More;
    TRY(outcome());
    return net::Step::Done;
}

Result<> FetchRun::walk(const std::function<bool(const mailbox::View::Item&)>& each) {
    if (request_.changed_since) return s_.view().walk_changed(left_, *request_.changed_since, each);
    return s_.view().walk(left_, each);
}

void FetchRun::open_line(Seq seq) {
    char head[32] = "* ";
    auto* end = std::to_chars(head + 2, head + 12, seq.v).ptr;
    end = std::copy_n(" FETCH", 6, end);
    writer_.raw({head, end}).open();
}

void FetchRun::write_line(FetchMessage& message) {
    open_line(message.seq());
    for (const auto& value : request_.values) CHECK(value->write(message, writer_));
    writer_.close().end();
    ++s_.counts().fetched;
}

// What the entries say is written while they are walked.
Result<> FetchRun::answer_entries() {
    out_.reserve(std::min<std::uint64_t>(left_.count() * kLineBytes, net::kStepBytes + 4096));
    Uid last;
    bool is_full = false;
    TRY(walk([&](const mailbox::View::Item& item) {
        FetchMessage message(s_, flags_, item.seq, item.entry);
        write_line(message);
        last = item.entry.uid;
        is_full = is_step_full();
        return !is_full;
    }));
    left_ = is_full ? behind(left_, last) : UidSet();
    return {};
}

Result<> FetchRun::answer_messages() {
    while (!is_step_full()) {
        if (message_ && message_->is_streaming()) {
            auto bytes = message_->next_bytes();
            if (!bytes) {
                TRY(abandon(bytes.error()));
                if (is_cut_) return {};
                continue;
            }
            flush();
            s_.stream(std::move(*bytes));
        } else if (message_) {
            TRY(answer_next_value());
            if (is_cut_) return {};
        } else if (next_ < batch_.size()) {
            begin_message();
        } else if (!left_.is_empty()) {
            TRY(load_batch());
        } else {
            return {};
        }
    }
    return {};
}

Result<> FetchRun::load_batch() {
    batch_.clear();
    summaries_.clear();
    next_ = 0;
    std::uint64_t bytes = 0;
    bool is_full = false;
    TRY(walk([&](const mailbox::View::Item& item) {
        batch_.push_back({item.seq, item.entry, item.is_gone});
        bytes += summary_bytes(item.entry.size);
        is_full = batch_.size() == kBatch || bytes >= kBatchBytes;
        return !is_full;
    }));
    left_ = is_full ? behind(left_, batch_.back().entry.uid) : UidSet();
    if (sets_seen_) mark_seen();
    std::vector<EmailId> emails;
    emails.reserve(batch_.size());
    for (const auto& item : batch_) emails.push_back(item.entry.email);
    summaries_ = s_.account().summaries(emails);
    CHECK(summaries_.size() == batch_.size());
    return {};
}

// RFC 9051 6.4.5.1: \Seen is set by reading, and told. Should that fail (a full disk), the messages
// can be read all the same.
void FetchRun::mark_seen() {
    UidSet unseen;
    for (const auto& item : batch_) {
        if (!item.is_gone && (item.entry.flags & mailbox::kSeen) == 0) unseen.add(item.entry.uid);
    }
    if (unseen.is_empty()) return;
    using How = mailbox::FlagEdit::How;
    const mailbox::FlagEdit edit{How::Add, {mailbox::kSeen, {}}, {}, s_.view().origin()};
    const auto set = s_.account().set_flags(s_.view().mailbox(), unseen, edit);
    if (!set) return;
    auto item = batch_.begin();
    for (const auto& entry : set->entries) {
        item = std::lower_bound(item, batch_.end(), entry.uid,
                                [](const Item& one, Uid uid) { return one.entry.uid < uid; });
        if (item == batch_.end() || item->entry.uid != entry.uid) continue;
        item->entry = entry;
        item->tells_flags = true;
    }
}

void FetchRun::begin_message() {
    auto& item = batch_[next_];
    message_.emplace(s_, flags_, item.seq, item.entry);
    value_ = 0;
    line_begin_ = out_.size();
    open_line(item.seq);
}

void FetchRun::write_changed_flags(FetchMessage& message) {
    if (!request_.has_flags) writer_.atom("FLAGS").atom(message.flags_text());
    if (!request_.has_modseq && s_.has(Feature::CondStore)) {
        writer_.atom("MODSEQ").open().number(message.entry().modseq).close();
    }
}

void FetchRun::end_message() {
    if (batch_[next_].tells_flags) write_changed_flags(*message_);
    writer_.close().end();
    message_.reset();
    ++next_;
    ++s_.counts().fetched;
}

Result<> FetchRun::answer_next_value() {
    const auto& summary = summaries_[next_];
    if (!summary) return abandon(summary.error());
    message_->set_summary(*summary);
    if (value_ == request_.values.size()) {
        end_message();
        return {};
    }
    const auto& value = *request_.values[value_++];
    if (value_ == request_.values.size()) message_->expect_last();
    if (const auto written = value.write(*message_, writer_); !written) {
        return abandon(written.error());
    }
    return {};
}

// The message cannot be answered: the others still can, unless the failure is not its own.
Result<> FetchRun::abandon(const Error& error) {
    if (!line_begin_) {
        is_cut_ = true;
        s_.cut();
        return {};
    }
    out_.resize(*line_begin_);
    switch (error.why) {
        case Why::Gone:
        case Why::NotFound:
            ++gone_;
            break;
        case Why::Corrupt:
            if (damaged_++ == 0) {
                first_damaged_ = batch_[next_].seq;
                damage_ = error.detail.empty() ? error.said : error.detail;
            }
            break;
        case Why::Unsupported:
            ++undecodable_;
            break;
        default:
            return std::unexpected(error);
    }
    message_.reset();
    ++next_;
    return {};
}

void FetchRun::flush() {
    if (out_.empty()) return;
    s_.stream(std::exchange(out_, {}));
    line_begin_.reset();
}

Result<> FetchRun::outcome() {
    if (undecodable_ > 0) {
        s_.set_code("UNKNOWN-CTE");  // RFC 3516 4.3
        return fail(Why::Unsupported, "A part is in an encoding that is not known here");
    }
    if (damaged_ > 0) {
        return fail(
            Why::Corrupt,
            "Message " + std::to_string(first_damaged_.v) +
                (damaged_ == 1 ? " is" : " and " + std::to_string(damaged_ - 1) + " more are") +
                " damaged and cannot be read",
            damage_);
    }
    // UIDs that are not there are left out without a word (RFC 9051 6.4.9).
    if (gone_ > 0 && by_ == By::Seq) return fail(Why::Gone, "Some of the messages are gone");
    return {};
}

}  // namespace rook::imap
