// EXPUNGE: takes entries out, some pages a transaction, and what is left to the tidier: telling the
// emails of many, and those of removed mailboxes.
#include <span>

#include "base/codec.h"
#include "mailbox/account_impl.h"
#include "mailbox/keys.h"
#include "mailbox/range_cursor.h"

namespace rook::mailbox {

using store::Table;

namespace {

constexpr std::size_t kPagesATime = 32;
// Messages whose emails are told at once. Each costs a record read and a record written under the
// lock; of more the tidier does it, and the command costs what their pages do.
constexpr std::size_t kAtOnce = kPageEntries;
// In one batch. What is freed may have many long keywords.
constexpr std::size_t kMostBytes = store::kMaxBatch / 4;

// Takes those of one page out that are to go.
Result<> expunge_page(BoxEdit& box, const PageInfo& info, Account::Which which,
                      RangeCursor<Uid>& wanted, std::vector<Entry>& leaving) {
    auto before = TRY(box.page(info));
    Page after{.low = info.low, .version = {}, .entries = {}};
    const auto first = leaving.size();
    for (auto& e : before->entries) {
        const bool may_go = which == Account::Which::All || (e.flags & kDeleted);
        (may_go && wanted.contains(e.uid) ? leaving : after.entries).push_back(e);
    }
    if (leaving.size() == first) return {};
    box.put_expunged(std::move(before), std::move(after), std::span(leaving).subspan(first));
    return {};
}

Result<> leave_emails(Txn& txn, BoxEdit& box, std::span<const Entry> leaving) {
    if (leaving.size() > kAtOnce) {
        txn.leave_later(leaving, box.id().n, box.properties());
        return {};
    }
    TRY(txn.load_emails(leaving));
    for (auto& e : leaving) txn.leave(e, box.id().n, box.properties());
    return {};
}

}  // namespace

Result<UidSet> AccountImpl::expunge(MailboxId mailbox, const std::optional<UidSet>& asked,
                                    Which which) {
    const UidSet set = asked ? *asked : UidSet::from_unsorted({{Uid{1}, Uid{0xFFFFFFFF}}});
    UidSet gone;
    RangeCursor<Uid> wanted(set);
    Commits commits;
    for (std::uint64_t from = set.is_empty() ? 0xFFFFFFFF : set.first().v; from <= 0xFFFFFFFF;) {
        auto txn = TRY(Txn::begin(*this));
        auto* box = TRY(txn->box(mailbox));
        const auto index = box->index();
        auto place = index.find(Uid{static_cast<std::uint32_t>(from)});
        from = std::uint64_t{1} << 32;
        std::vector<Entry> leaving;
        for (std::size_t pages = 0; place;) {
            const auto info = index.at(*place);
            const auto next = index.next(*place);
            const auto last = next ? Uid{index.at(*next).low.v - 1} : Uid{0xFFFFFFFF};
            if (pages == kPagesATime) {
                from = info.low.v;
                break;
            }
            if ((which == Which::All || info.deleted > 0) && wanted.touches(info.low, last)) {
                ++pages;
                TRY(expunge_page(*box, info, which, wanted, leaving));
            }
            const auto coming = wanted.next_after(last);
            if (!next || !coming) break;
            place = index.forward(*next, *coming);
        }
        TRY(leave_emails(*txn, *box, leaving));
        for (auto& e : leaving) gone.add(e.uid);
        txn->mark_freeing();
        TRY(commits.add(*txn));
    }
    TRY(commits.wait());
    return gone;
}

Result<bool> AccountImpl::purge(std::uint64_t doomed, std::size_t pages) {
    auto txn = TRY(Txn::begin(*this));
    // Nothing changes these pages any more: the store has them as they were.
    std::vector<std::pair<std::string, std::string>> found;
    const auto end = keys::page(doomed + 1, Uid{0});
    TRY(services().store.scan(id(), Table::Records, keys::page(doomed, Uid{0}), end,
                              [&](auto key, auto value) {
                                  found.emplace_back(key, value);
                                  return found.size() <= pages;
                              }));
    const auto stored = TRY(pending_records({keys::doomed(doomed)}));
    if (!stored[0]) return false;
    const auto record = TRY(decode_doomed(*stored[0]));
    const auto mailbox = record.expunged != 0 ? record.expunged : doomed;
    txn->modseq();
    bool is_more = found.size() > pages;
    if (is_more) found.pop_back();
    for (auto& [key, value] : found) {
        if (txn->email_bytes() + txn->batch().bytes() > kMostBytes) {
            is_more = true;
            break;
        }
        const Uid low{Reader(std::string_view(key).substr(9)).u32()};
        const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
        const auto page = TRY(decode_page(payload, id(), low));
        TRY(txn->load_emails(page.entries));
        for (auto& e : page.entries) txn->leave(e, mailbox, record.properties);
        txn->batch().erase(Table::Records, key);
        if (record.expunged == 0) txn->batch().erase(Table::Records, keys::index(doomed, low));
    }
    if (!is_more) txn->erase(keys::doomed(doomed));
    txn->mark_freeing();
    TRY(txn->commit());
    return is_more;
}

}  // namespace rook::mailbox
