#include "mailbox/page_cache.h"

namespace rook::mailbox {

std::size_t Cache::Hash::operator()(const Key& key) const {
    std::uint64_t h = static_cast<std::uint64_t>(key.kind) + 1;
    for (auto part : {key.account.v, key.a, key.b}) {
        h = (h ^ part) * 0x9E3779B97F4A7C15u;
        h ^= h >> 29;
    }
    return h;
}

void Cache::Shard::drop(std::list<Item>::iterator item) {
    bytes -= item->bytes;
    by_key.erase(item->key);
    items.erase(item);
}

std::shared_ptr<const void> Cache::find_any(const Key& key) {
    auto& s = shard(key);
    std::lock_guard lock(s.mutex);
    auto found = s.by_key.find(key);
    if (found == s.by_key.end()) return nullptr;
    s.items.splice(s.items.begin(), s.items, found->second);
    return found->second->value;
}

void Cache::put(const Key& key, std::shared_ptr<const void> value, std::size_t bytes) {
    auto& s = shard(key);
    std::lock_guard lock(s.mutex);
    if (auto found = s.by_key.find(key); found != s.by_key.end()) s.drop(found->second);
    bytes += sizeof(Item) + 64;
    if (bytes > shard_budget_ / 4) return;
    s.items.push_front({key, std::move(value), bytes});
    s.by_key.emplace(key, s.items.begin());
    s.bytes += bytes;
    while (s.bytes > shard_budget_) s.drop(std::prev(s.items.end()));
}

void Cache::erase(const Key& key) {
    auto& s = shard(key);
    std::lock_guard lock(s.mutex);
    if (auto found = s.by_key.find(key); found != s.by_key.end()) s.drop(found->second);
}

void Cache::erase_account(AccountId account) {
    for (auto& s : shards_) {
        std::lock_guard lock(s.mutex);
        for (auto item = s.items.begin(); item != s.items.end();) {
            auto here = item++;
            if (here->key.account == account) s.drop(here);
        }
    }
}

std::size_t Cache::bytes() const {
    std::size_t total = 0;
    for (auto& s : shards_) {
        std::lock_guard lock(s.mutex);
        total += s.bytes;
    }
    return total;
}

}  // namespace rook::mailbox
