// The Accounts that Accounts::open makes (accounts.h). Private to mailbox/.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <unordered_map>
#include <vector>

#include "mailbox/account_impl.h"
#include "mailbox/accounts.h"

namespace rook::mailbox {

class AccountsImpl final : public Accounts {
public:
    AccountsImpl(store::Store&, directory::Directory&, const Clock&, Random&, Log&, Limits);
    ~AccountsImpl() override;

    Result<AccountPtr> open(AccountId) override;
    Result<AccountId> create(directory::Account) override;
    Result<> remove(AccountId) override;
    Hub& hub() override { return services_.hub; }
    const Limits& limits() const override { return services_.limits; }
    std::size_t page_cache_bytes() const override { return services_.cache.bytes(); }
    Result<std::unique_ptr<Restoring>> begin_restore(RestoreWish) override;
    Result<bool> tidy() override;
    Result<std::unique_ptr<Checking>> begin_check(Then) override;
    Result<> check_unknown_accounts(CheckReport&);

    Services& services() { return services_; }

private:
    friend class RestoringImpl;
    using Ptr = std::shared_ptr<AccountImpl>;
    struct Loaded {
        std::mutex loading;  // one loads, the others wait
        std::weak_ptr<AccountImpl> account;
    };

    Result<Ptr> open_impl(AccountId);
    Ptr find_loaded(AccountId);
    void keep(const Ptr&);
    // As one that is being created or removed.
    Result<> mark(AccountId, bool on);
    Result<bool> is_marked(AccountId);
    Result<> erase_everything(AccountId);
    void directory_changed(AccountId, directory::Directory::What);

    Result<bool> tidy_account(AccountId, Tick until);
    void choose_undelete();
    Result<> sweep_unknown_accounts();

    Services services_;
    std::mutex mutex_;  // a leaf but for the cache: never held while an account is loaded or used
    std::unordered_map<std::uint64_t, std::shared_ptr<Loaded>>
        loaded_;                        // shared with whoever is opening it
    std::list<Ptr> recent_;             // kept in memory although nobody uses them just now
    std::set<std::uint64_t> creating_;  // records without an address yet

    const std::shared_ptr<int> alive_ =
        std::make_shared<int>(0);  // watched by the directory's callback, which may outlive this

    std::mutex tidy_mutex_;  // one tidies
    std::vector<AccountId> to_tidy_;
    std::chrono::hours undelete_ = services_.limits.undelete;  // in this round
    bool is_swept_ = false;
};

}  // namespace rook::mailbox
