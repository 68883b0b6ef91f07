#include "net/registry.h"

#include <utility>

namespace rook::net {

bool Registry::admit(const std::string& network, unsigned most) {
    std::lock_guard lock(mutex_);
    auto& count = networks_[network];
    if (count < most) {
        ++count;
        return true;
    }
    if (count == 0) networks_.erase(network);
    return false;
}

void Registry::forget(const std::string& network) {
    std::lock_guard lock(mutex_);
    const auto at = networks_.find(network);
    if (at != networks_.end() && --at->second == 0) networks_.erase(at);
}

Registry::Place Registry::add(std::shared_ptr<Connection> connection) {
    std::lock_guard lock(mutex_);
    anonymous_.push_back({std::move(connection), false});
    return std::prev(anonymous_.end());
}

void Registry::keep(Place place) {
    std::lock_guard lock(mutex_);
    if (std::exchange(place->kept, true)) return;
    kept_.splice(kept_.end(), anonymous_, place);
}

void Registry::remove(Place place) {
    std::list<Entry> gone;  // what it holds is let go outside the lock
    std::lock_guard lock(mutex_);
    gone.splice(gone.end(), place->kept ? kept_ : anonymous_, place);
    if (anonymous_.empty() && kept_.empty()) emptied_.notify_all();
}

std::shared_ptr<Connection> Registry::take_oldest() {
    std::lock_guard lock(mutex_);
    if (anonymous_.empty()) return nullptr;
    const auto oldest = anonymous_.begin();
    oldest->kept = true;
    kept_.splice(kept_.end(), anonymous_, oldest);
    return oldest->connection;
}

std::size_t Registry::size() const {
    std::lock_guard lock(mutex_);
    return anonymous_.size() + kept_.size();
}

std::vector<std::shared_ptr<Connection>> Registry::all() const {
    std::lock_guard lock(mutex_);
    std::vector<std::shared_ptr<Connection>> copy;
    copy.reserve(anonymous_.size() + kept_.size());
    for (const auto* list : {&kept_, &anonymous_}) {
        for (const auto& entry : *list) copy.push_back(entry.connection);
    }
    return copy;
}

bool Registry::wait_until_empty(std::chrono::milliseconds patience) const {
    std::unique_lock lock(mutex_);
    return emptied_.wait_for(lock, patience, [&] { return anonymous_.empty() && kept_.empty(); });
}

}  // namespace rook::net
