// What the directory has read lately, each kind bounded: an installation with 100,000 accounts
// keeps those in memory that somebody uses.
//
// Absence is remembered too, so that a flood of unknown addresses costs no reads of its own.
// Owned by: the directory. Threads: any.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/lru.h"
#include "directory/directory.h"

namespace rook::directory {

class Cache {
public:
    using AliasPtr = std::shared_ptr<const Alias>;

    // The value that is remembered, or what `load` reads; a value read while something was
    // forgotten is given back but not kept, for it may be older than the change.
    Result<AccountPtr> account(AccountId id, const std::function<Result<AccountPtr>()>& load) {
        return look_up(accounts_, id, load);
    }
    // {0} when there is none.
    Result<AccountId> login(const std::string& address,
                            const std::function<Result<AccountId>()>& load) {
        return look_up(logins_, address, load);
    }
    Result<AliasPtr> alias(const std::string& address,
                           const std::function<Result<AliasPtr>()>& load) {
        return look_up(aliases_, address, load);
    }
    Result<bool> domain(const std::string& name, const std::function<Result<bool>()>& load) {
        return look_up(domains_, name, load);
    }

    // Call after the change is on disk, and also when it failed and nobody knows what is there.
    void forget_account(AccountId id, const std::string& address) {
        std::lock_guard lock(mutex_);
        ++generation_;
        accounts_.erase(id);
        logins_.erase(address);
    }
    void forget_alias(const std::string& address) {
        std::lock_guard lock(mutex_);
        ++generation_;
        aliases_.erase(address);
    }
    void forget_domain(const std::string& name) {
        std::lock_guard lock(mutex_);
        ++generation_;
        domains_.erase(name);
    }

private:
    template <class Map, class Key, class Load>
    auto look_up(Map& map, const Key& key, const Load& load) -> decltype(load()) {
        std::uint64_t before = 0;
        {
            std::lock_guard lock(mutex_);
            if (auto* known = map.find(key)) return *known;
            before = generation_;
        }
        auto value = TRY(load());
        std::lock_guard lock(mutex_);
        if (generation_ == before) map.put(key, value);
        return value;
    }

    static constexpr std::size_t kEntries = 10'000;

    std::mutex mutex_;
    std::uint64_t generation_ = 0;
    Lru<AccountId, AccountPtr, IdHash<AccountId>> accounts_{kEntries};
    Lru<std::string, AccountId> logins_{2 * kEntries};
    Lru<std::string, AliasPtr> aliases_{2 * kEntries};
    Lru<std::string, bool> domains_{kEntries};
};

}  // namespace rook::directory
