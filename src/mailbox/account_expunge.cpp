// EXPUNGE: takes entries out, some pages a transaction, and empties removed mailboxes.
#include "base/codec.h"
#include "mailbox/account_impl.h"
#include "mailbox/keys.h"
#include "mailbox/range_cursor.h"

namespace rook::mailbox {

using store::Table;

namespace {

// Each entry costs its email's record, read and written under the lock, and a place in the change's
// record. What is freed may have many long keywords.
constexpr std::size_t kPagesATime = 32;
constexpr std::size_t kMostBytes = store::kMaxBatch / 4;

bool is_full(Txn& txn) { return txn.email_bytes() + txn.batch().bytes() > kMostBytes; }

// Takes those of one page out that are to go.
Result<> expunge_page(Txn& txn, BoxEdit& box, const PageInfo& info, Account::Which which,
                      RangeCursor<Uid>& wanted, UidSet& gone) {
    auto before = TRY(box.page(info));
    Page after{.low = info.low, .version = {}, .entries = {}};
    std::vector<Entry> leaving;
    for (auto& e : before->entries) {
        const bool may_go = which == Account::Which::All || (e.flags & kDeleted);
        (may_go && wanted.contains(e.uid) ? leaving : after.entries).push_back(e);
    }
    if (leaving.empty()) return {};
    TRY(txn.load_emails(leaving));
    for (auto& e : leaving) {
        txn.leave(e, box.id().n, box.properties());
        gone.add(e.uid);
    }
    box.put_expunged(std::move(before), std::move(after), leaving);
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
        for (std::size_t pages = 0; place;) {
            const auto info = index.at(*place);
            const auto next = index.next(*place);
            const auto last = next ? Uid{index.at(*next).low.v - 1} : Uid{0xFFFFFFFF};
            if (pages == kPagesATime || is_full(*txn)) {
                from = info.low.v;
                break;
            }
            if ((which == Which::All || info.deleted > 0) && wanted.touches(info.low, last)) {
                ++pages;
                TRY(expunge_page(*txn, *box, info, which, wanted, gone));
            }
            const auto coming = wanted.next_after(last);
            if (!next || !coming) break;
            place = index.forward(*next, *coming);
        }
        txn->mark_freeing();
        TRY(commits.add(*txn));
    }
    TRY(commits.wait());
    return gone;
}

Result<bool> AccountImpl::purge_mailbox(std::uint64_t mailbox, std::size_t pages) {
    auto txn = TRY(Txn::begin(*this));
    // Nothing changes a removed mailbox's pages any more: the store has them as they were.
    std::vector<std::pair<std::string, std::string>> found;
    const auto end = keys::page(mailbox + 1, Uid{0});
    TRY(services().store.scan(id(), Table::Records, keys::page(mailbox, Uid{0}), end,
                              [&](auto key, auto value) {
                                  found.emplace_back(key, value);
                                  return found.size() <= pages;
                              }));
    const auto doomed = TRY(pending_records({keys::doomed(mailbox)}));
    if (!doomed[0]) return false;
    const auto properties = TRY(decode_properties(*doomed[0]));
    txn->modseq();
    bool is_more = found.size() > pages;
    if (is_more) found.pop_back();
    for (auto& [key, value] : found) {
        if (is_full(*txn)) {
            is_more = true;
            break;
        }
        const Uid low{Reader(std::string_view(key).substr(9)).u32()};
        const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
        const auto page = TRY(decode_page(payload, id(), low));
        TRY(txn->load_emails(page.entries));
        for (auto& e : page.entries) txn->leave(e, mailbox, properties);
        txn->batch().erase(Table::Records, key);
        txn->batch().erase(Table::Records, keys::index(mailbox, low));
    }
    if (!is_more) txn->erase(keys::doomed(mailbox));
    txn->mark_freeing();
    TRY(txn->commit());
    return is_more;
}

}  // namespace rook::mailbox
