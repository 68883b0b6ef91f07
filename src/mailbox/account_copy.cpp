// COPY and MOVE within an account: entries are written, never bytes, and the email stays the same.
#include <algorithm>

#include "base/codec.h"
#include "mailbox/account_impl.h"
#include "mailbox/keys.h"
#include "mailbox/range_cursor.h"

namespace rook::mailbox {

using store::Table;

namespace {

// A move costs two mailboxes' pages and each email's record.
constexpr std::size_t kPagesATime = 16;
constexpr std::size_t kEmailBytes = store::kMaxBatch / 4;
// Copies in one batch; more go in parts that become visible together.
constexpr std::size_t kOneBatch = 4096;

// Bits of one mailbox's keywords in the other's.
class KeywordMap {
public:
    static Result<KeywordMap> make(const std::vector<std::string>& names, Keywords used,
                                   BoxEdit& to) {
        KeywordMap map;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (used >> i & 1) map.bits_[i] = TRY(to.keywords({names[i]}));
        }
        return map;
    }
    Keywords operator()(Keywords from) const {
        Keywords to = 0;
        for (std::size_t i = 0; from >> i != 0; ++i) {
            if (from >> i & 1) to |= bits_[i];
            if (i == kMaxKeywords - 1) break;
        }
        return to;
    }

private:
    Keywords bits_[kMaxKeywords] = {};
};

Result<std::vector<Entry>> make_copies(const std::vector<Entry>& sources, const KeywordNames& names,
                                       BoxEdit& to, std::int64_t now) {
    Keywords used = 0;
    for (auto& e : sources) used |= e.keywords;
    const auto map = TRY(KeywordMap::make(*names, used, to));
    auto copies = sources;
    for (auto& e : copies) {
        e.keywords = map(e.keywords);
        e.saved = now;
    }
    return copies;
}

void note(CopiedUids& out, const std::vector<Entry>& sources, const std::vector<Entry>& copies) {
    for (auto& e : sources) out.sources.push_back(e.uid);
    for (auto& e : copies) out.targets.push_back(e.uid);
}

Result<> add_places(Txn& txn, std::span<const Entry> copies, std::uint64_t mailbox) {
    for (auto& e : copies) {
        auto& places = txn.email(e.email).places;
        if (places.size() >= kMaxPlaces) {
            return fail(Why::Limit, "The message has too many copies");
        }
        places.push_back({mailbox, e.uid});
    }
    return {};
}

}  // namespace

Result<AccountImpl::Taken> AccountImpl::take(BoxEdit& from, const UidSet& set) {
    Taken taken{.entries = {}, .keywords = from.properties().keywords};
    const auto index = from.index();
    RangeCursor<Uid> wanted(set);
    if (set.is_empty()) return taken;
    for (auto place = index.find(set.first()); place;) {
        const auto next = index.next(*place);
        const auto page = TRY(from.page(index.at(*place)));
        for (auto& e : page->entries) {
            if (wanted.contains(e.uid)) taken.entries.push_back(e);
        }
        const auto coming = next ? wanted.next_after(Uid{index.at(*next).low.v - 1}) : std::nullopt;
        if (!coming) break;
        place = index.forward(*next, *coming);
    }
    return taken;
}

Result<CopiedUids> AccountImpl::copy(MailboxId from, const UidSet& set, MailboxId to) {
    TRY(check_space());
    auto txn = TRY(Txn::begin(*this));
    auto* source = TRY(txn->box(from));
    auto* target = TRY(txn->box(to));
    const auto taken = TRY(take(*source, set));
    CopiedUids out{.uidvalidity = target->properties().uidvalidity, .sources = {}, .targets = {}};
    std::uint64_t bytes = 0;
    for (auto& e : taken.entries) bytes += e.size;
    TRY(check_quota(*txn, bytes));
    if (taken.entries.empty()) {
        TRY(txn->commit());
        return out;
    }
    auto copies = TRY(make_copies(taken.entries, taken.keywords, *target, txn->now()));
    if (copies.size() <= kOneBatch) TRY(txn->load_emails(copies));
    if (copies.size() <= kOneBatch && txn->email_bytes() <= kEmailBytes) {
        TRY(target->append(copies));
        TRY(add_places(*txn, copies, to.n));
    } else {
        TRY(copy_in_parts(*txn, *target, copies));
    }
    note(out, taken.entries, copies);
    TRY(txn->commit());
    return out;
}

// Pages that no index names are invisible: they and the emails' new places are written first,
// beside a record for the sweep, and the commit then writes the index. The account's lock is held
// throughout, since the UIDs and pages are those that the commit will have.
Result<> AccountImpl::copy_in_parts(Txn& txn, BoxEdit& to, std::vector<Entry>& copies) {
    const auto mark = keys::staged_copy(to.id().n, to.counters().uidnext);
    TRY(to.append(copies, BoxEdit::Start::NewPage));
    auto write_all = [&]() -> Result<> {
        store::Batch begin;
        std::string payload;
        Writer(payload).varint(copies.size());
        begin.put(Table::Records, mark, sealed(kValueVersion, mark, payload));
        TRY(services().store.commit(id(), std::move(begin)));
        // A multiple of a page each.
        for (std::size_t from = 0, to_here = 0; from < copies.size();) {
            const auto page =
                std::span(copies).subspan(to_here, std::min(kPageEntries, copies.size() - to_here));
            to_here += page.size();
            TRY(txn.load_emails(page));
            TRY(add_places(txn, page, to.id().n));
            const bool is_full = to_here - from >= kOneBatch || txn.email_bytes() > kEmailBytes;
            if (!is_full && to_here < copies.size()) continue;
            const auto part = std::span(copies).subspan(from, to_here - from);
            store::Batch batch;
            txn.write_ahead(part, batch);
            to.write_ahead(part, batch);
            TRY(services().store.commit(id(), std::move(batch)));
            from = to_here;
        }
        return {};
    };
    auto written = write_all();
    if (!written) distrust();
    txn.batch().erase(Table::Records, mark);
    return written;
}

Result<CopiedUids> AccountImpl::move(MailboxId from, const UidSet& set, MailboxId to) {
    CopiedUids out;
    if (set.is_empty()) return out;
    TRY(number_of(to));
    // To the same mailbox new entries come behind the old ones: they are not to be moved again.
    UidSet wanted = set;
    if (from == to) {
        const auto info = find(from);
        if (!info) return fail(Why::NotFound, "There is no such mailbox");
        UidSet below;
        for (auto range : set) {
            range.last.v = std::min(range.last.v, info->uidnext.v - 1);
            if (range.first <= range.last) below.add(range.first, range.last);
        }
        wanted = std::move(below);
    }
    Uid at = wanted.is_empty() ? Uid{0xFFFFFFFF} : wanted.first();
    Commits commits;
    while (TRY(move_some(from, wanted, at, to, out, commits))) {
    }
    TRY(commits.wait());
    return out;
}

// One transaction of a move, from the page of `at` on; false when it was the last.
Result<bool> AccountImpl::move_some(MailboxId from, const UidSet& set, Uid& at, MailboxId to,
                                    CopiedUids& out, Commits& commits) {
    auto txn = TRY(Txn::begin(*this));
    auto* source = TRY(txn->box(from));
    auto* target = TRY(txn->box(to));
    out.uidvalidity = target->properties().uidvalidity;
    const auto index = source->index();
    RangeCursor<Uid> wanted(set);
    std::vector<Entry> moving;
    bool is_more = false;
    std::size_t pages = 0;
    for (auto place = index.find(at); place;) {
        const auto info = index.at(*place);
        if (pages++ == kPagesATime || txn->email_bytes() > kEmailBytes) {
            at = info.low;
            is_more = true;
            break;
        }
        const auto next = index.next(*place);
        auto before = TRY(source->page(info));
        Page after{.low = info.low, .version = {}, .entries = {}};
        std::vector<Entry> leaving;
        for (auto& e : before->entries) {
            (wanted.contains(e.uid) ? leaving : after.entries).push_back(e);
        }
        if (!leaving.empty()) {
            TRY(txn->load_emails(leaving));
            moving.insert(moving.end(), leaving.begin(), leaving.end());
            source->put_expunged(std::move(before), std::move(after), leaving);
        }
        const auto coming = next ? wanted.next_after(Uid{index.at(*next).low.v - 1}) : std::nullopt;
        if (!coming) break;
        place = index.forward(*next, *coming);
    }
    if (!moving.empty()) {
        auto copies = TRY(make_copies(moving, source->properties().keywords, *target, txn->now()));
        TRY(target->append(copies));
        for (std::size_t i = 0; i < moving.size(); ++i) {
            auto& places = txn->email(moving[i].email).places;
            std::replace(places.begin(), places.end(), Place{from.n, moving[i].uid},
                         Place{to.n, copies[i].uid});
        }
        note(out, moving, copies);
    }
    txn->mark_freeing();
    TRY(commits.add(*txn));
    return is_more;
}

}  // namespace rook::mailbox
