#include "mailbox/accounts.h"

#include <algorithm>

#include "base/codec.h"
#include "mailbox/accounts_impl.h"
#include "mailbox/keys.h"
#include "mailbox/records.h"

namespace rook::mailbox {
namespace {

using store::Table;

// Accounts that stay loaded when nobody uses them: loading reads a record or two a mailbox.
constexpr std::size_t kKeepAccounts = 256;
// Where forgotten accounts are taken out of the table of loaded ones.
constexpr std::size_t kTableSlack = 1024;
constexpr std::size_t kEraseBatch = 1024 * 1024;

}  // namespace

Result<std::unique_ptr<Accounts>> Accounts::open(store::Store& store,
                                                 directory::Directory& directory,
                                                 const Clock& clock, Random& random, Log& log,
                                                 Limits limits) {
    return std::make_unique<AccountsImpl>(store, directory, clock, random, log, limits);
}

AccountsImpl::AccountsImpl(store::Store& store, directory::Directory& directory, const Clock& clock,
                           Random& random, Log& log, Limits limits)
    : services_(store, directory, clock, random, log, limits) {
    directory.watch([this, alive = std::weak_ptr(alive_)](AccountId id, auto what) {
        if (alive.lock()) directory_changed(id, what);
    });
}

AccountsImpl::~AccountsImpl() = default;

void AccountsImpl::directory_changed(AccountId id, directory::Directory::What what) {
    auto account = find_loaded(id);
    if (!account) return;
    if (what == directory::Directory::What::Removed) account->set_removed();
    if (what != directory::Directory::What::Quota) return;
    if (auto found = services_.directory.find(id); found && *found) {
        account->set_quota_limit((*found)->quota_bytes);
    }
}

AccountsImpl::Ptr AccountsImpl::find_loaded(AccountId id) {
    std::lock_guard lock(mutex_);
    auto found = loaded_.find(id.v);
    return found == loaded_.end() ? nullptr : found->second->account.lock();
}

void AccountsImpl::keep(const Ptr& account) {
    Ptr dropped;  // destroyed outside the lock
    std::lock_guard lock(mutex_);
    auto found = std::find(recent_.begin(), recent_.end(), account);
    if (found != recent_.end()) {
        recent_.splice(recent_.begin(), recent_, found);
        return;
    }
    recent_.push_front(account);
    if (recent_.size() > kKeepAccounts) {
        dropped = std::move(recent_.back());
        recent_.pop_back();
    }
}

Result<AccountPtr> AccountsImpl::open(AccountId id) { return TRY(open_impl(id)); }

Result<AccountsImpl::Ptr> AccountsImpl::open_impl(AccountId id) {
    std::shared_ptr<Loaded> loaded;
    {
        std::lock_guard lock(mutex_);
        if (loaded_.size() > recent_.size() + kTableSlack) {
            std::erase_if(loaded_, [](auto& item) {
                return item.second.use_count() == 1 && item.second->account.expired();
            });
        }
        auto& entry = loaded_[id.v];
        if (!entry) entry = std::make_shared<Loaded>();
        loaded = entry;
    }
    std::lock_guard loading(loaded->loading);
    auto account = loaded->account.lock();
    if (!account) {
        const auto known = TRY(services_.directory.find(id));
        if (!known) return fail(Why::NotFound, "There is no such account");
        account = std::make_shared<AccountImpl>(id, services_);
        TRY(account->load());
        account->set_quota_limit(known->quota_bytes);
        std::lock_guard lock(mutex_);
        loaded->account = account;
    }
    if (account->is_removed()) return fail(Why::NotFound, "There is no such account");
    keep(account);
    return account;
}

Result<AccountId> AccountsImpl::create(directory::Account wanted) {
    if (TRY(services_.directory.find(wanted.address))) {
        return fail(Why::Exists, "There is an account of that address already");
    }
    wanted.id = TRY(services_.directory.reserve_account());
    {
        std::lock_guard lock(mutex_);
        creating_.insert(wanted.id.v);
    }
    auto account = std::make_shared<AccountImpl>(wanted.id, services_);
    auto made = account->write_new();
    if (made) made = services_.directory.add_account(wanted);
    if (!made) {
        account->set_removed();
        // Whatever stays is swept at the next start.
        (void)erase_everything(wanted.id);
    }
    std::lock_guard lock(mutex_);
    creating_.erase(wanted.id.v);
    if (!made) return std::unexpected(std::move(made).error());
    // If this fails the mark is taken away at the next start.
    (void)mark(wanted.id, false);
    return wanted.id;
}

Result<> AccountsImpl::remove(AccountId id) {
    if (!TRY(services_.directory.find(id))) {
        return fail(Why::NotFound, "There is no such account");
    }
    TRY(mark(id, true));
    TRY(services_.directory.remove_account(id));
    if (auto account = find_loaded(id)) {
        account->set_removed();
        std::lock_guard lock(mutex_);
        recent_.remove(account);
    }
    return erase_everything(id);
}

// Only what is marked is erased when no address leads to it: a directory can be damaged too.
Result<> AccountsImpl::mark(AccountId id, bool on) {
    const auto key = keys::staged_account();
    store::Batch batch;
    if (on) {
        batch.put(Table::Records, key, sealed(kValueVersion, key, {}));
    } else {
        batch.erase(Table::Records, key);
    }
    batch.mark_freeing();
    return services_.store.commit(id, std::move(batch));
}

Result<bool> AccountsImpl::is_marked(AccountId id) {
    return TRY(services_.store.find(id, Table::Records, keys::staged_account())).has_value();
}

Result<> AccountsImpl::erase_everything(AccountId id) {
    services_.cache.erase_account(id);
    // The account's own records last: without them nothing would know what is left.
    for (auto table : {Table::Bodies, Table::Signatures, Table::Summaries, Table::Records}) {
        for (bool is_more = true; is_more;) {
            store::Batch batch;
            is_more = false;
            TRY(services_.store.scan(id, table, {}, {}, [&](auto key, auto) {
                batch.erase(table, key);
                is_more = batch.bytes() > kEraseBatch;
                return !is_more;
            }));
            if (!batch.is_empty()) TRY(services_.store.commit(id, std::move(batch)));
        }
    }
    return {};
}

}  // namespace rook::mailbox
