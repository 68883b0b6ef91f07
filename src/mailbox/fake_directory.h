// A directory for tests of mailbox/.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "directory/directory.h"

namespace rook::mailbox {

// Accounts in a map; what mailbox/ asks of a directory and no more.
class FakeDirectory final : public directory::Directory {
public:
    Result<> add_domain(std::string_view) override { return {}; }
    Result<> remove_domain(std::string_view) override { return {}; }
    Result<std::vector<std::string>> domains() override { return std::vector<std::string>{}; }
    Result<bool> has_domain(std::string_view) override { return true; }
    Result<AccountId> reserve_account() override { return AccountId{++last_}; }
    Result<> add_account(const directory::Account& account) override {
        if (refuse_next) return std::unexpected(*std::exchange(refuse_next, std::nullopt));
        std::lock_guard lock(mutex_);
        accounts_[account.id] = std::make_shared<const directory::Account>(account);
        return {};
    }
    Result<> remove_account(AccountId id) override {
        std::lock_guard lock(mutex_);
        if (accounts_.erase(id) == 0) return fail(Why::NotFound, "no such account");
        return {};
    }
    Result<> replace_account(const directory::Account& account) override {
        auto old = TRY(find(account.address));
        if (!old) return fail(Why::NotFound, "no such account");
        TRY(add_account(account));
        TRY(remove_account(old->id));
        for (auto& watcher : watchers_) watcher(old->id, What::Removed);
        return {};
    }
    Result<> number_accounts_from(AccountId first) override {
        last_ = std::max(last_, first.v - 1);
        return {};
    }
    Result<std::vector<directory::AccountPtr>> accounts() override {
        std::lock_guard lock(mutex_);
        std::vector<directory::AccountPtr> all;
        for (auto& [id, account] : accounts_) all.push_back(account);
        return all;
    }
    Result<directory::AccountPtr> find(AccountId id) override {
        std::lock_guard lock(mutex_);
        auto found = accounts_.find(id);
        return found == accounts_.end() ? nullptr : found->second;
    }
    Result<directory::AccountPtr> find(std::string_view address) override {
        std::lock_guard lock(mutex_);
        for (auto& [id, account] : accounts_) {
            if (account->address == address) return account;
        }
        return nullptr;
    }
    Result<> change(AccountId id,
                    const std::function<Result<>(directory::Account&)>& edit) override {
        auto account = *TRY(find(id));
        TRY(edit(account));
        TRY(add_account(account));
        for (auto& watcher : watchers_) watcher(id, What::Quota);
        return {};
    }
    Result<> add_alias(const directory::Alias&) override { return {}; }
    Result<> remove_alias(std::string_view) override { return {}; }
    Result<std::vector<directory::Alias>> aliases() override {
        return std::vector<directory::Alias>{};
    }
    Result<std::vector<Recipient>> resolve(std::string_view) override {
        return std::vector<Recipient>{};
    }
    Result<bool> owns(AccountId, std::string_view) override { return true; }
    std::string login_name(std::string_view name) const override { return std::string(name); }
    const std::string& secret() const override { return secret_; }
    void watch(std::function<void(AccountId, What)> watcher) override {
        watchers_.push_back(watcher);
    }

    std::optional<Error> refuse_next;

private:
    std::mutex mutex_;
    std::uint64_t last_ = 0;
    const std::string secret_ = std::string(32, 's');
    std::map<AccountId, directory::AccountPtr> accounts_;
    std::vector<std::function<void(AccountId, What)>> watchers_;
};

}  // namespace rook::mailbox
