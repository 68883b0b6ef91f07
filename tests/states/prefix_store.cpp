#include "states/prefix_store.h"

#include <utility>

#include "base/check.h"

namespace rook::states {

using store::Batch;
using store::Table;

PrefixStore::PrefixStore(StoreLie lie)
    : lie_(lie), answerer_([this](std::stop_token stop) { answer_dead(stop); }) {}

PrefixStore::~PrefixStore() {
    if (has_power_) cut_now([](std::size_t) { return 0; });
}

void PrefixStore::cut_at(std::uint64_t n, Choose choose) {
    cut_in_ = n;
    choose_ = std::move(choose);
}

void PrefixStore::cut_now(const Choose& choose) {
    CHECK(has_power_);
    cut_in_ = 0;
    const auto survivors = choose(queue_.size() + 1);
    for (std::size_t i = 0; i < survivors; ++i) keep(queue_[i].account, queue_[i].batch);
    lie(survivors, choose);
    has_power_ = false;
    std::lock_guard lock(mutex_);
    for (auto& waiting : queue_) dead_.push_back(std::move(waiting.done));
    queue_.clear();
    changed_.notify_all();
}

void PrefixStore::lie(std::size_t survivors, const Choose& choose) {
    if (lie_ == StoreLie::AcknowledgesEarly) {
        for (auto n = choose(undo_.size() + 1); n > 0; --n) {
            keep(undo_.back().first, undo_.back().second);
            undo_.pop_back();
        }
    }
    const auto lost = queue_.size() - survivors;
    if (lie_ == StoreLie::TearsBatches && lost > 0) {
        const auto& torn = queue_[survivors];
        const auto& changes = torn.batch.changes();
        const auto end = choose(changes.size() + 1);
        Batch part;
        for (std::size_t i = 0; i < end; ++i) {
            if (changes[i].is_erase) {
                part.erase(changes[i].table, changes[i].key);
            } else {
                part.put(changes[i].table, changes[i].key, changes[i].value);
            }
        }
        keep(torn.account, part);
    }
    if (lie_ == StoreLie::SkipsBatches && lost > 1) {
        keep(queue_.back().account, queue_.back().batch);
    }
}

void PrefixStore::wait_until_told() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return dead_.empty() && !is_answering_; });
}

void PrefixStore::power_on() {
    wait_until_told();
    is_held_ = false;
    undo_.clear();
    has_power_ = true;
}

void PrefixStore::keep(AccountId account, const Batch& batch) {
    kept_->submit(account, batch, [](Result<> result) { CHECK(result); });
}

void PrefixStore::remember_undo(AccountId account, const Batch& batch) {
    Batch undo;
    for (const auto& change : batch.changes()) {
        auto before = kept_->find(account, change.table, change.key);
        CHECK(before);
        if (*before) {
            undo.put(change.table, change.key, **before);
        } else {
            undo.erase(change.table, change.key);
        }
    }
    undo_.emplace_back(account, std::move(undo));
    if (undo_.size() > 3) undo_.pop_front();
}

void PrefixStore::drain() {
    while (!queue_.empty()) {
        auto next = std::move(queue_.front());
        queue_.pop_front();
        if (lie_ == StoreLie::AcknowledgesEarly) remember_undo(next.account, next.batch);
        keep(next.account, next.batch);
        next.done({});
    }
}

void PrefixStore::submit(AccountId account, Batch batch, store::Committed done) {
    CHECK(batch.bytes() <= store::kMaxBatch);
    ++batches_;
    if (!has_power_) {
        std::lock_guard lock(mutex_);
        dead_.push_back(std::move(done));
        changed_.notify_all();
        return;
    }
    queue_.push_back({account, std::move(batch), std::move(done)});
    if (cut_in_ > 0 && --cut_in_ == 0) return cut_now(choose_);
    if (!is_held_) drain();
}

void PrefixStore::answer_dead(std::stop_token stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [&] { return !dead_.empty(); })) {
        auto done = std::move(dead_.front());
        dead_.pop_front();
        is_answering_ = true;
        lock.unlock();
        done(fail(Why::Io, "The power is gone"));
        done = nullptr;  // what it holds submits when it is destroyed
        lock.lock();
        is_answering_ = false;
        changed_.notify_all();
    }
}

Result<bool> PrefixStore::lend(AccountId account, Table table, std::string_view key,
                               const Take& take) const {
    return kept_->lend(account, table, key, take);
}

Result<std::vector<std::optional<std::string>>> PrefixStore::find_many(
    AccountId account, Table table, const std::vector<std::string>& keys) const {
    return kept_->find_many(account, table, keys);
}

Result<> PrefixStore::scan(AccountId account, Table table, std::string_view from,
                           std::string_view to, const Each& each) const {
    return kept_->scan(account, table, from, to, each);
}

Result<std::vector<AccountId>> PrefixStore::accounts() const { return kept_->accounts(); }

}  // namespace rook::states
