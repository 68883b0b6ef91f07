#include "mailbox/hub.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace rook::mailbox {
namespace {

constexpr std::size_t kShards = 16;

// `mutex` is held while listeners are told, so that a subscription that has ended is never called
// again.
struct Shard {
    std::mutex mutex;
    std::unordered_map<std::uint64_t, std::vector<Listener*>> listeners;  // by account
};

}  // namespace

struct Hub::State {
    std::array<Shard, kShards> shards;
    Shard& shard(AccountId account) { return shards[account.v % kShards]; }

    struct Entry final : Subscription {
        Entry(State& s, AccountId a, Listener& l) : state(s), account(a), listener(l) {
            auto& shard = state.shard(account);
            std::lock_guard lock(shard.mutex);
            shard.listeners[account.v].push_back(&listener);
        }
        ~Entry() override {
            auto& shard = state.shard(account);
            std::lock_guard lock(shard.mutex);
            auto found = shard.listeners.find(account.v);
            auto& all = found->second;
            all.erase(std::find(all.begin(), all.end(), &listener));
            if (all.empty()) shard.listeners.erase(found);
        }
        State& state;
        AccountId account;
        Listener& listener;
    };
};

Hub::Hub() : state_(std::make_unique<State>()) {}
Hub::~Hub() = default;

std::unique_ptr<Hub::Subscription> Hub::subscribe(AccountId account, Listener& listener) {
    return std::make_unique<State::Entry>(*state_, account, listener);
}

bool Hub::has_listeners(AccountId account) const {
    auto& shard = state_->shard(account);
    std::lock_guard lock(shard.mutex);
    return shard.listeners.contains(account.v);
}

void Hub::publish(AccountId account, std::span<const Change> changes) {
    auto& shard = state_->shard(account);
    std::lock_guard lock(shard.mutex);
    auto found = shard.listeners.find(account.v);
    if (found == shard.listeners.end()) return;
    for (auto* listener : found->second) listener->changed(account, changes);
}

}  // namespace rook::mailbox
