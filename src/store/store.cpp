#include "store/store.h"

#include <condition_variable>
#include <mutex>

#include "base/check.h"

namespace rook::store {

void Batch::put(Table table, std::string_view key, std::string_view value) {
    CHECK(!key.empty() && key.size() <= kMaxKey);
    CHECK(value.size() <= kMaxValue);
    changes_.push_back({table, false, std::string(key), std::string(value)});
    bytes_ += key.size() + value.size();
    ++puts_;
}

void Batch::erase(Table table, std::string_view key) {
    CHECK(!key.empty() && key.size() <= kMaxKey);
    changes_.push_back({table, true, std::string(key), {}});
    bytes_ += key.size();
}

Result<std::optional<std::string>> Store::find(AccountId account, Table table,
                                               std::string_view key) const {
    std::optional<std::string> found;
    TRY(lend(account, table, key, [&](std::string_view value) -> Result<> {
        found.emplace(value);
        return {};
    }));
    return found;
}

Result<> Store::commit(AccountId account, Batch batch) {
    std::mutex mutex;
    std::condition_variable told;
    std::optional<Result<>> answer;
    batch.mark_independent();
    submit(account, std::move(batch), [&](Result<> result) {
        // Notified under the lock: the waiter owns the condition variable and may be gone right
        // after the unlock.
        std::lock_guard lock(mutex);
        answer = std::move(result);
        told.notify_one();
    });
    std::unique_lock lock(mutex);
    told.wait(lock, [&] { return answer.has_value(); });
    return *std::move(answer);
}

Result<Store::Snapshot> Store::snapshot() {
    return fail(Why::Unsupported, "This kind of store has backups of its own");
}

Result<> Store::drop_snapshot(const std::string&) { return {}; }

}  // namespace rook::store
