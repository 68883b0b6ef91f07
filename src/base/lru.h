// A bounded map that forgets what was not asked for the longest.
//
// Threads: one at a time; its owner locks.
#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace rook {

template <class Key, class Value, class Hash = std::hash<Key>>
class Lru {
public:
    explicit Lru(std::size_t most) : most_(most == 0 ? 1 : most) {}

    // Null when absent. Valid until the next put() or erase().
    Value* find(const Key& key) {
        auto found = index_.find(key);
        if (found == index_.end()) return nullptr;
        items_.splice(items_.begin(), items_, found->second);
        return &found->second->second;
    }

    Value& put(const Key& key, Value value) {
        if (auto* old = find(key)) return *old = std::move(value);
        if (items_.size() >= most_) {
            index_.erase(items_.back().first);
            items_.pop_back();
        }
        items_.emplace_front(key, std::move(value));
        index_.emplace(key, items_.begin());
        return items_.front().second;
    }

    void erase(const Key& key) {
        auto found = index_.find(key);
        if (found == index_.end()) return;
        items_.erase(found->second);
        index_.erase(found);
    }

    std::size_t size() const { return items_.size(); }

private:
    using Items = std::list<std::pair<Key, Value>>;
    std::size_t most_;
    Items items_;  // the latest first
    std::unordered_map<Key, typename Items::iterator, Hash> index_;
};

}  // namespace rook
