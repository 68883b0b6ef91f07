// What was read from the store and may be read again: pages and summaries of all accounts, the
// least recently used dropped first.
//
// Owned by: Accounts; one a process. Threads: any; sharded, each shard under its own lock, which is
// a leaf.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "base/ids.h"

namespace rook::mailbox {

class Cache {
public:
    explicit Cache(std::size_t budget_bytes) : shard_budget_(budget_bytes / kShards) {}

    // `account` is the one in whose records it is kept; `a` and `b` name it: a page's mailbox and
    // low UID, an email's account and number.
    enum class Kind : std::uint8_t { Page, Summary };
    struct Key {
        Kind kind;
        AccountId account;
        std::uint64_t a, b;
        friend bool operator==(const Key&, const Key&) = default;
    };
    template <class T>
    std::shared_ptr<const T> find(const Key& key) {
        return std::static_pointer_cast<const T>(find_any(key));
    }
    // Replaces what is there. Larger than a quarter of a shard: not kept.
    void put(const Key&, std::shared_ptr<const void> value, std::size_t bytes);
    void erase(const Key&);
    void erase_account(AccountId);
    std::size_t bytes() const;

private:
    static constexpr std::size_t kShards = 16;
    struct Hash {
        std::size_t operator()(const Key&) const;
    };
    struct Item {
        Key key;
        std::shared_ptr<const void> value;  // shared with whoever uses it just now
        std::size_t bytes;
    };
    struct Shard {
        mutable std::mutex mutex;
        std::list<Item> items;  // the most recently used first
        std::unordered_map<Key, std::list<Item>::iterator, Hash> by_key;
        std::size_t bytes = 0;
        void drop(std::list<Item>::iterator);
    };
    std::shared_ptr<const void> find_any(const Key&);
    Shard& shard(const Key& key) { return shards_[(Hash{}(key) >> 7) % kShards]; }

    std::size_t shard_budget_;
    std::array<Shard, kShards> shards_;
};

}  // namespace rook::mailbox
