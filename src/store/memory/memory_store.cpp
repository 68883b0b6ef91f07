#include "store/memory/memory_store.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>

#include "base/check.h"

namespace rook::store {
namespace {

using Rows = std::map<std::string, std::string, std::less<>>;

class MemoryStoreImpl final : public MemoryStore {
public:
    explicit MemoryStoreImpl(Answering answering) {
        if (answering == Answering::OnOwnThread)
            thread_ = std::jthread([this](std::stop_token stop) { run(stop); });
    }
    ~MemoryStoreImpl() override { close(); }

    Result<bool> lend(AccountId account, Table table, std::string_view key,
                      const Take& take) const override {
        std::lock_guard lock(mutex_);
        TRY(begin_read());
        if (is_hurt(account, table, key)) return damaged();
        const auto found = find_locked(account, table, key);
        if (!found) return false;
        TRY(take(*found));
        return true;
    }

    Result<std::vector<std::optional<std::string>>> find_many(
        AccountId account, Table table, const std::vector<std::string>& keys) const override {
        std::lock_guard lock(mutex_);
        TRY(begin_read());
        std::vector<std::optional<std::string>> found;
        for (const auto& key : keys) {
            if (is_hurt(account, table, key)) return damaged();
            found.push_back(find_locked(account, table, key));
        }
        return found;
    }

    Result<> scan(AccountId account, Table table, std::string_view from, std::string_view to,
                  const Each& each) const override {
        // A copy, so that `each` may call the store and sees one state.
        std::vector<std::pair<std::string, std::string>> rows;
        bool ends_in_damage = false;
        {
            std::lock_guard lock(mutex_);
            TRY(begin_read());
            auto found = accounts_.find(account);
            if (found == accounts_.end()) return {};
            const auto& all = found->second[static_cast<std::size_t>(table)];
            for (auto it = all.lower_bound(from); it != all.end() && (to.empty() || it->first < to);
                 ++it) {
                ends_in_damage = is_hurt(account, table, it->first);
                if (ends_in_damage) break;
                rows.emplace_back(*it);
            }
        }
        for (const auto& [key, value] : rows) {
            if (!each(key, value)) return {};
        }
        if (ends_in_damage) return damaged();
        return {};
    }

    Result<std::vector<AccountId>> accounts() const override {
        std::lock_guard lock(mutex_);
        TRY(begin_read());
        std::vector<AccountId> found;
        for (const auto& [account, tables] : accounts_) {
            if (std::ranges::any_of(tables, [](const Rows& rows) { return !rows.empty(); }))
                found.push_back(account);
        }
        return found;
    }

    void submit(AccountId account, Batch batch, Committed done) override {
        CHECK(batch.bytes() <= kMaxBatch);
        {
            std::lock_guard lock(mutex_);
            Waiting waiting{account, std::move(batch), std::move(done), {}};
            if (closed_) waiting.refused = closing();
            if (space_.is_short && !waiting.batch.is_freeing()) waiting.refused = no_space();
            if (fail_next_) waiting.refused = std::exchange(fail_next_, std::nullopt);
            queue_.push_back(std::move(waiting));
        }
        if (thread_.joinable()) {
            changed_.notify_all();
        } else {
            drain();
        }
    }

    Space space() const override {
        std::lock_guard lock(mutex_);
        return space_;
    }

    void close() override {
        {
            std::lock_guard lock(mutex_);
            if (closed_) return;
        }
        release();
        if (thread_.joinable()) {
            thread_.request_stop();
            thread_.join();
        }
        {
            std::lock_guard lock(mutex_);
            closed_ = true;
        }
        drain();
    }

    void fail_next(Error error) override {
        std::lock_guard lock(mutex_);
        fail_next_ = std::move(error);
    }

    void hold() override {
        std::lock_guard lock(mutex_);
        is_held_ = true;
    }

    void release() override {
        {
            std::lock_guard lock(mutex_);
            is_held_ = false;
        }
        if (thread_.joinable()) {
            changed_.notify_all();
        } else {
            drain();
        }
    }

    bool release_one() override { return answer_one(Held::Too); }

    std::size_t waiting() const override {
        std::lock_guard lock(mutex_);
        return queue_.size();
    }

    void hurt(AccountId account, Table table, std::string key) override {
        std::lock_guard lock(mutex_);
        hurt_.emplace(account, table, std::move(key));
    }

    void heal() override {
        std::lock_guard lock(mutex_);
        hurt_.clear();
    }

    void set_space(Space space) override {
        std::lock_guard lock(mutex_);
        space_ = space;
    }

    std::uint64_t commits() const override { return commits_; }
    std::uint64_t reads() const override { return reads_; }

private:
    struct Waiting {
        AccountId account;
        Batch batch;
        Committed done;
        std::optional<Error> refused;
    };
    enum class Held : std::uint8_t { Not, Too };

    static Error closing() { return fail(Why::Busy, "The server is stopping").error(); }
    static Error no_space() { return fail(Why::NoSpace, "The server's disk is full").error(); }

    static std::unexpected<Error> damaged() {
        return fail(Why::Corrupt, "Stored data is damaged", "block checksum mismatch");
    }

    bool is_hurt(AccountId account, Table table, std::string_view key) const {
        return !hurt_.empty() && hurt_.contains({account, table, std::string(key)});
    }

    Result<> begin_read() const {
        ++reads_;
        if (closed_) return std::unexpected(closing());
        return {};
    }

    std::optional<std::string> find_locked(AccountId account, Table table,
                                           std::string_view key) const {
        auto tables = accounts_.find(account);
        if (tables == accounts_.end()) return {};
        const auto& rows = tables->second[static_cast<std::size_t>(table)];
        auto row = rows.find(key);
        return row == rows.end() ? std::nullopt : std::optional(row->second);
    }

    void apply(AccountId account, const Batch& batch) {
        if (batch.is_empty()) return;
        auto& tables = accounts_[account];
        for (const auto& change : batch.changes()) {
            auto& rows = tables[static_cast<std::size_t>(change.table)];
            if (change.is_erase) {
                rows.erase(change.key);
            } else {
                rows.insert_or_assign(change.key, change.value);
            }
        }
    }

    // Commits and answers the oldest batch. One at a time, so that answers keep their order when
    // several threads submit; a `done` that submits again finds itself inside the loop of drain()
    // and only queues.
    bool answer_one(Held held) {
        std::unique_lock lock(mutex_);
        if (is_answering_ || queue_.empty() || (is_held_ && held == Held::Not)) return false;
        is_answering_ = true;
        auto next = std::move(queue_.front());
        queue_.pop_front();
        if (!next.refused) {
            apply(next.account, next.batch);
            ++commits_;
        }
        lock.unlock();
        next.done(next.refused ? Result<>(std::unexpected(*next.refused)) : Result<>());
        lock.lock();
        is_answering_ = false;
        changed_.notify_all();
        if (next.refused && !next.batch.is_independent()) {
            for (auto& later : queue_) {
                if (later.account == next.account && !later.batch.is_independent() &&
                    !later.refused) {
                    later.refused = next.refused;
                }
            }
        }
        return true;
    }

    void drain() {
        while (answer_one(Held::Not)) {
        }
    }

    void run(std::stop_token stop) {
        for (;;) {
            drain();
            std::unique_lock lock(mutex_);
            changed_.wait(lock, stop,
                          [&] { return !queue_.empty() && !is_held_ && !is_answering_; });
            if (stop.stop_requested() && queue_.empty()) return;
        }
    }

    mutable std::mutex mutex_;
    std::condition_variable_any changed_;
    std::map<AccountId, std::array<Rows, kTables>> accounts_;
    std::set<std::tuple<AccountId, Table, std::string>> hurt_;
    std::deque<Waiting> queue_;
    std::optional<Error> fail_next_;
    Space space_{.free_bytes = std::uint64_t{1} << 40, .is_short = false};
    bool is_held_ = false, is_answering_ = false, closed_ = false;
    std::atomic<std::uint64_t> commits_{0};
    mutable std::atomic<std::uint64_t> reads_{0};
    std::jthread thread_;
};

}  // namespace

std::unique_ptr<MemoryStore> make_memory_store(MemoryStore::Answering answering) {
    return std::make_unique<MemoryStoreImpl>(answering);
}

}  // namespace rook::store
