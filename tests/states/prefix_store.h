// A store whose power can be cut at any batch: of those that were submitted and not yet
// acknowledged, any first few survive. What was acknowledged stays - unless it is told to lie.
//
// Threads: one at a time submits. Batches are answered inside submit(), as the memory store does;
// those that fall with the power by a thread of the store's own, since who waits for one may hold
// locks that its answer needs.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "store/memory/memory_store.h"

namespace rook::states {

// What a broken store would do: each must be found out.
enum class StoreLie : std::uint8_t {
    None,
    AcknowledgesEarly,  // the last acknowledged batches can be lost
    TearsBatches,       // of the batch that power went at, a part survives
    SkipsBatches,       // a batch survives without the one before it
};

class PrefixStore final : public store::Store {
public:
    explicit PrefixStore(StoreLie lie);
    ~PrefixStore() override;

    // Power goes when the n-th batch from now on (1 is the next) has been submitted. `choose` gives
    // a number below its argument: how many of those in flight survive.
    using Choose = std::function<std::size_t(std::size_t below)>;
    void cut_at(std::uint64_t n, Choose choose);
    void cut_now(const Choose& choose);
    bool has_power() const { return has_power_; }
    // Until everybody who waited knows of the power cut.
    void wait_until_told();
    // With what has survived.
    void power_on();

    // Batches queue from now on. Those that wait are answered with the next one after unhold().
    void hold() { is_held_ = true; }
    void unhold() { is_held_ = false; }
    void drain();
    std::uint64_t batches() const { return batches_; }

    Result<bool> lend(AccountId, store::Table, std::string_view key, const Take&) const override;
    Result<std::vector<std::optional<std::string>>> find_many(
        AccountId, store::Table, const std::vector<std::string>& keys) const override;
    Result<> scan(AccountId, store::Table, std::string_view from, std::string_view to,
                  const Each&) const override;
    Result<std::vector<AccountId>> accounts() const override;
    void submit(AccountId, store::Batch, store::Committed done) override;
    store::Space space() const override { return kept_->space(); }
    void close() override {}

private:
    struct Waiting {
        AccountId account;
        store::Batch batch;
        store::Committed done;
    };
    void keep(AccountId, const store::Batch&);
    void remember_undo(AccountId, const store::Batch&);
    void lie(std::size_t survivors, const Choose&);
    void answer_dead(std::stop_token);

    const StoreLie lie_;
    const std::unique_ptr<store::MemoryStore> kept_ = store::make_memory_store();
    std::deque<Waiting> queue_;
    // What undoes the last acknowledged batches, the newest at the end.
    std::deque<std::pair<AccountId, store::Batch>> undo_;
    std::uint64_t cut_in_ = 0, batches_ = 0;
    Choose choose_;
    bool is_held_ = false;
    std::atomic<bool> has_power_ = true;

    std::mutex mutex_;  // of what follows
    std::condition_variable_any changed_;
    std::deque<store::Committed> dead_;
    bool is_answering_ = false;
    std::jthread answerer_;
};

}  // namespace rook::states
