// What is done later and in slices: telling emails that entries have gone, freeing those that
// nothing holds any more, pruning the change log, clearing removed accounts.
#include <algorithm>
#include <utility>

#include "base/codec.h"
#include "mailbox/accounts_impl.h"
#include "mailbox/keys.h"

namespace rook::mailbox {

using store::Table;

namespace {

constexpr auto kSlice = std::chrono::milliseconds(100);
constexpr std::size_t kFreeBatch = 256 * 1024;  // of keys
constexpr std::size_t kChangesATime = 500, kFreedATime = 1000;
constexpr std::size_t kPagesATime = 16;
// What runs when an email is expunged has ended by then: a FETCH goes on reading its body.
constexpr auto kLeastUndelete = std::chrono::hours(24);

struct Row {
    std::string key, value;
};
Result<std::vector<Row>> some_rows(const store::Store& store, AccountId id, const std::string& from,
                                   const std::string& to, std::size_t most) {
    std::vector<Row> rows;
    TRY(store.scan(id, Table::Records, from, to, [&](auto key, auto value) {
        rows.push_back({std::string(key), std::string(value)});
        return rows.size() < most;
    }));
    return rows;
}

std::int64_t seconds(std::chrono::hours hours) {
    return std::chrono::duration_cast<std::chrono::seconds>(hours).count();
}

}  // namespace

Result<bool> AccountImpl::free_emails(std::int64_t freed_before) {
    auto txn = TRY(Txn::begin(*this));
    const auto end = keys::free(std::max<std::int64_t>(freed_before, 0), EmailId{});
    const auto rows =
        TRY(some_rows(services().store, id(), std::string(1, keys::kFree), end, kFreedATime));
    if (rows.empty()) return false;
    txn->modseq();
    auto& batch = txn->batch();
    std::size_t done = 0;
    for (; done < rows.size() && batch.bytes() < kFreeBatch; ++done) {
        Reader in(std::string_view(rows[done].key).substr(1));
        const auto freed_at = static_cast<std::int64_t>(in.u64());
        const auto email = keys::read_email(in);
        txn->erase(rows[done].key);
        const auto values = TRY(pending_records({keys::email(email)}));
        if (!values[0]) continue;
        const auto record = TRY(decode_email(*values[0]));
        // It may have come back to a mailbox, or gone a second time.
        if (!record.places.empty() || record.freed_at != freed_at) continue;
        txn->erase(keys::email(email));
        for (std::uint32_t i = 0; i < record.summary_chunks; ++i) {
            batch.erase(Table::Summaries, keys::summary(email, i));
        }
        for (std::uint32_t i = 0; i < record.body_chunks; ++i) {
            batch.erase(Table::Bodies, keys::body(email, i));
        }
        batch.erase(Table::Signatures, keys::signature(email));
        services().cache.erase({Cache::Kind::Summary, id(), email.account.v, email.n});
    }
    txn->mark_freeing();
    TRY(txn->commit());
    return done < rows.size() || rows.size() == kFreedATime;
}

Result<bool> AccountImpl::prune_changes(std::int64_t made_before) {
    auto txn = TRY(Txn::begin(*this));
    const auto rows = TRY(some_rows(services().store, id(), std::string(1, keys::kChange),
                                    keys::after(keys::kChange), kChangesATime));
    std::size_t done = 0;
    for (; done < rows.size(); ++done) {
        auto& [key, value] = rows[done];
        const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
        const auto record = TRY(decode_change(payload));
        if (record.at >= made_before) break;
        const ModSeq modseq{Reader(std::string_view(key).substr(1)).u64()};
        txn->modseq();
        txn->tip().record.log_floor = modseq;
        txn->batch().erase(Table::Records, key);
        for (auto& item : record.items) {
            if (item.kind != ChangeRecord::Kind::Expunged) continue;
            txn->batch().erase(Table::Records, keys::expunged(item.mailbox, modseq));
        }
    }
    if (done == 0) return false;
    txn->mark_freeing();
    TRY(txn->commit());
    return done == kChangesATime;
}

Result<bool> AccountsImpl::tidy_account(AccountId id, Tick until) {
    auto& store = services_.store;
    const auto is_late = [&] { return services_.clock.tick() >= until; };
    const auto now = services_.clock.seconds();
    const auto free_before = now - seconds(undelete_);
    const auto log_before = now - seconds(services_.limits.change_log);

    // A look at the store first: an account with nothing due is not loaded.
    const auto doomed =
        TRY(some_rows(store, id, std::string(1, keys::kDoomed), keys::after(keys::kDoomed), 100));
    const auto freed = TRY(some_rows(store, id, std::string(1, keys::kFree),
                                     keys::free(std::max<std::int64_t>(free_before, 0), {}), 1));
    const auto changes =
        TRY(some_rows(store, id, std::string(1, keys::kChange), keys::after(keys::kChange), 1));
    bool is_old = false;
    for (auto& [key, value] : changes) {
        const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
        is_old = TRY(decode_change(payload)).at < log_before;
    }
    if (doomed.empty() && freed.empty() && !is_old) return false;

    auto account = TRY(open_impl(id));
    for (auto& [key, value] : doomed) {
        const auto number = Reader(std::string_view(key).substr(1)).u64();
        while (TRY(account->purge(number, kPagesATime))) {
            if (is_late()) return true;
        }
    }
    while (TRY(account->free_emails(free_before))) {
        if (is_late()) return true;
    }
    while (is_old && TRY(account->prune_changes(log_before))) {
        if (is_late()) return true;
    }
    return false;
}

// What is left of accounts that a crash kept from being revealed or from being erased.
Result<> AccountsImpl::sweep_unknown_accounts() {
    for (auto id : TRY(services_.store.accounts())) {
        if (id == kDirectoryAccount) continue;
        {
            std::lock_guard lock(mutex_);
            if (creating_.contains(id.v)) continue;
        }
        const bool is_known = TRY(services_.directory.find(id)) != nullptr;
        if (!TRY(is_marked(id))) {
            if (!is_known) services_.log.warning("account-without-address", {{"account", id.v}});
        } else if (is_known) {
            TRY(mark(id, false));
        } else {
            services_.log.info("account-swept", {{"account", id.v}});
            TRY(erase_everything(id));
        }
    }
    return {};
}

// With room short, each round keeps expunged mail half as long as the one before, so that of all
// accounts what went first is freed first, and no more than is needed.
void AccountsImpl::choose_undelete() {
    const auto whole = std::max(services_.limits.undelete, kLeastUndelete);
    const bool is_short = services_.store.space().is_short;
    const auto before = std::exchange(
        undelete_, is_short ? std::max(std::min(undelete_, whole) / 2, kLeastUndelete) : whole);
    if (undelete_ >= before) return;
    services_.log.warning("undelete-shortened",
                          {{"hours", undelete_.count()}, {"setting", whole.count()}});
}

Result<bool> AccountsImpl::tidy() {
    std::lock_guard tidying(tidy_mutex_);
    const auto until = services_.clock.tick() + kSlice;
    if (!is_swept_) {
        auto swept = sweep_unknown_accounts();
        if (!swept && swept.error().why != Why::Corrupt) return std::unexpected(swept.error());
        // Damage in one place does not keep the rest from being tidied.
        if (!swept) services_.log.error("sweep", {{"detail", swept.error().detail}});
        is_swept_ = true;
    }
    if (to_tidy_.empty()) {
        choose_undelete();
        for (auto& account : TRY(services_.directory.accounts())) to_tidy_.push_back(account->id);
    }
    while (!to_tidy_.empty()) {
        const auto id = to_tidy_.back();
        auto is_more = tidy_account(id, until);
        if (is_more && *is_more) return true;
        to_tidy_.pop_back();
        // One account that cannot be tidied does not keep the others from it.
        if (!is_more && is_more.error().why != Why::NotFound) {
            services_.log.warning("tidy", {{"account", id.v}, {"detail", is_more.error().detail}});
        }
        if (services_.clock.tick() >= until) break;
    }
    return !to_tidy_.empty();
}

}  // namespace rook::mailbox
