// STORE and UID STORE (RFC 9051 6.4.6, 6.4.9), with UNCHANGEDSINCE (RFC 7162 3.1.3).
#include <algorithm>

#include "imap/command_list.h"
#include "imap/condstore.h"
#include "imap/session.h"

namespace rook::imap {

namespace {

using mailbox::Entry;
using mailbox::FlagEdit;

// Messages a step: their answers are about one step's bytes.
constexpr std::uint64_t kAtOnce = 2048;

enum class Answer : std::uint8_t { Flags, Silent };

struct StoreRequest {
    NumberSet set;
    FlagEdit edit{FlagEdit::How::Replace, {}, {}, 0};
    Answer answer = Answer::Flags;
    bool enables_condstore = false;
};

// Takes the first `most` of the set away.
UidSet take_first(UidSet& set, std::uint64_t most) {
    std::vector<Range<Uid>> first, rest;
    for (const auto& range : set) {
        const auto size = std::uint64_t{range.last.v} - range.first.v + 1;
        const auto taken = std::min(size, most);
        const auto cut = static_cast<std::uint32_t>(range.first.v + taken);
        if (taken > 0) first.push_back({range.first, Uid{cut - 1}});
        if (taken < size) rest.push_back({Uid{cut}, range.last});
        most -= taken;
    }
    set = UidSet::from_unsorted(std::move(rest));
    return UidSet::from_unsorted(std::move(first));
}

UidSet join(const UidSet& a, const UidSet& b) {
    std::vector<Range<Uid>> ranges(a.begin(), a.end());
    ranges.insert(ranges.end(), b.begin(), b.end());
    return UidSet::from_unsorted(std::move(ranges));
}

class Store final : public Command {
public:
    Store(StoreRequest request, By by) : request_(std::move(request)), by_(by) {}

    Result<net::Step> step(Session& s) override {
        if (!is_started_) TRY(start(s));
        if (!left_.is_empty()) TRY(change(s, take_first(left_, kAtOnce)));
        if (!left_.is_empty()) return net::Step::More;
        TRY(end(s));
        return net::Step::Done;
    }

private:
    Result<> start(Session& s) {
        is_started_ = true;
        TRY(s.need_read_write());
        if (request_.enables_condstore) use_condstore(s);
        left_ = TRY(s.resolve(request_.set, by_));
        request_.edit.origin = s.view().origin();
        return {};
    }

    Result<> change(Session& s, const UidSet& uids) {
        auto& view = s.view();
        const auto set = TRY(s.account().set_flags(view.mailbox(), uids, request_.edit));
        modified_ = join(modified_, set.modified);
        is_any_gone_ |= !set.gone.is_empty();
        // New keywords are told before the flags that have them.
        s.announce(Numbers::Reads);
        auto changed = set.entries.begin();
        return view.walk(uids, [&](const mailbox::View::Item& item) {
            const auto uid = item.entry.uid;
            while (changed != set.entries.end() && changed->uid < uid) ++changed;
            if (changed == set.entries.end()) return false;
            if (changed->uid == uid && !set.modified.contains(uid)) answer(s, item.seq, *changed);
            return true;
        });
    }

    void answer(Session& s, Seq seq, const Entry& entry) const {
        const bool tells_modseq = s.has(Feature::CondStore);
        const bool is_silent = request_.answer == Answer::Silent;
        if (is_silent && !tells_modseq) return;
        auto& r = s.reply();
        r.line(seq.v, "FETCH").open();
        if (by_ == By::Uid || s.has(Feature::Rev2)) r.number("UID", entry.uid);
        // RFC 7162 3.1.3: the new modseq is told even where the flags are not.
        if (tells_modseq) r.atom("MODSEQ").open().number(entry.modseq).close();
        if (!is_silent) s.write_flags(entry, s.view().keyword_names(), r);
        r.close().end();
    }

    Result<> end(Session& s) const {
        if (!modified_.is_empty()) {
            const auto text =
                by_ == By::Uid ? modified_.to_text() : TRY(s.view().seqs(modified_)).to_text();
            s.set_code("MODIFIED " + text);
            s.set_words("Some of the messages have changed meanwhile");
        }
        // UIDs that are not there are left out without a word (RFC 9051 6.4.9).
        if (is_any_gone_ && by_ == By::Seq) {
            return fail(Why::Gone, "Some of the messages are gone");
        }
        return {};
    }

    StoreRequest request_;
    By by_;
    UidSet left_, modified_;
    bool is_started_ = false, is_any_gone_ = false;
};

Result<> read_modifiers(Args& args, StoreRequest& request) {
    TRY(args.list(Args::Empty::Refused, [&](Args& one) -> Result<> {
        const auto* row = TRY(read_row(one, &Extension::store_modifiers, "STORE modifier"));
        request.enables_condstore |= row->enables == Feature::CondStore;
        return row->parse(one, request.edit);
    }));
    return args.space();
}

Result<> read_how(Args& args, StoreRequest& request) {
    using How = FlagEdit::How;
    request.edit.how = args.take('+') ? How::Add : args.take('-') ? How::Remove : How::Replace;
    if (args.take_word("FLAGS.SILENT")) {
        request.answer = Answer::Silent;
    } else if (!args.take_word("FLAGS")) {
        return args.bad("FLAGS, +FLAGS or -FLAGS");
    }
    return args.space();
}

template <By by>
Result<CommandPtr> parse(Args& args) {
    StoreRequest request;
    request.set = TRY(args.number_set());
    TRY(args.space());
    if (args.peek() == '(') TRY(read_modifiers(args, request));
    TRY(read_how(args, request));
    request.edit.flags = args.peek() == '(' ? TRY(args.flags()) : TRY(args.bare_flags());
    TRY(args.end());
    return std::make_unique<Store>(std::move(request), by);
}

constexpr std::string_view examples[] = {
    "STORE 2:4 +FLAGS (\\Deleted)",
    "STORE 1 FLAGS ()",
    "STORE $ -FLAGS.SILENT \\Seen $Junk",
    "STORE 1,3:* (UNCHANGEDSINCE 12345) +FLAGS.SILENT (\\Deleted)",
};
constexpr std::string_view uid_examples[] = {"UID STORE 7 +FLAGS (\\Flagged)"};

}  // namespace

extern const CommandSpec store{
    .name = "STORE",
    .rfc = "9051",
    .states = State::Selected,
    .numbers = Numbers::Reads,
    .parse = parse<By::Seq>,
    .examples = examples,
};

extern const CommandSpec uid_store{
    .name = "UID STORE",
    .rfc = "9051",
    .states = State::Selected,
    .numbers = Numbers::MayExpunge,
    .parse = parse<By::Uid>,
    .examples = uid_examples,
};

}  // namespace rook::imap
