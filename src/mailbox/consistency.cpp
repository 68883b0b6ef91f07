// What is in memory against what the store would give back.
#include <fmt/format.h>

#include "base/codec.h"
#include "mailbox/account_impl.h"

namespace rook::mailbox {
namespace {

std::unexpected<Error> differs(std::string what) {
    return fail(Why::Corrupt, "differs", std::move(what));
}

bool same_pages(const PageIndex& a, const PageIndex& b) {
    auto x = a.first(), y = b.first();
    for (; x && y; x = a.next(*x), y = b.next(*y)) {
        if (a.at(*x) != b.at(*y)) return false;
    }
    return !x && !y;
}

Result<> compare_box(Core& memory, Core& fresh, std::uint64_t n) {
    auto mine = memory.find_slot(n), theirs = fresh.find_slot(n);
    if (!mine || !theirs) return differs(fmt::format("mailbox {}: missing", n));
    const auto a = memory.visible(*mine), b = fresh.visible(*theirs);
    if (!a.properties || a.properties->name != b.properties->name ||
        *a.properties->keywords != *b.properties->keywords) {
        return differs(fmt::format("mailbox {}: properties", n));
    }
    if (a.content->counters != b.content->counters)
        return differs(fmt::format("mailbox {}: counters", n));
    if (mine->pending.content != a.content || mine->pending.properties != a.properties) {
        return differs(fmt::format("mailbox {}: pending is not visible", n));
    }
    if (!a.content->index) return {};
    const auto read = TRY(fresh.content(*theirs));
    if (!same_pages(*a.content->index, *read->index))
        return differs(fmt::format("mailbox {}: index", n));
    for (auto at = a.content->index->first(); at; at = a.content->index->next(*at)) {
        const auto page = TRY(memory.page(n, a.content->index->at(*at)));
        if (!page) return differs(fmt::format("mailbox {}: page", n));
        const auto account = memory.account_id();
        const auto stored = TRY(fresh.page(n, read->index->at(*at)));
        if (!stored || encode_page(*page, account) != encode_page(*stored, account)) {
            return differs(fmt::format("mailbox {}: page {}", n, page->low.v));
        }
    }
    return {};
}

}  // namespace

Result<> AccountImpl::check_consistency() {
    {
        std::lock_guard txn(txn_mutex());
        TRY(settle());
    }
    auto& s = services();
    Services apart(s.store, s.directory, s.clock, s.random, s.log, s.limits);
    auto fresh = std::make_shared<AccountImpl>(id(), apart);
    TRY(fresh->load());
    auto a = tip(), b = fresh->tip();
    // Numbers that were given to emails being staged are known in memory only.
    b.record.next_id = std::max(b.record.next_id, a.record.next_id);
    if (*a.mailboxes != *b.mailboxes) return differs("names");
    if (*a.subscriptions != *b.subscriptions) return differs("subscriptions");
    if (a.record != b.record) return differs("account record");
    for (auto& [name, n] : *a.mailboxes) TRY(compare_box(*this, *fresh, n));
    return {};
}

}  // namespace rook::mailbox
