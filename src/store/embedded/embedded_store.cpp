#include "store/embedded/embedded_store.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <thread>

#include "base/check.h"
#include "base/large_blocks.h"
#include "base/sabotage.h"
#include "store/embedded/engine.h"
#include "store/embedded/folder.h"
#include "store/embedded/snapshots.h"
#include "store/embedded/space_guard.h"

namespace rook::store {
namespace {

// More in one flush gains nothing and makes the first of them wait.
constexpr std::size_t kMaxGroup = 8 * 1024 * 1024;
constexpr std::chrono::milliseconds kFirstRetry{100}, kLastRetry{5000};

Error stopping() { return fail(Why::Busy, "The server is stopping").error(); }
Error reopening() {
    return fail(Why::Busy, "The server's store is recovering from an error").error();
}
Error no_space() { return fail(Why::NoSpace, "The server's disk is full").error(); }

// Open: batches are written. Failed: an error happened; what was queued then is being answered.
// Reopening: the keeper closes and opens RocksDB. In both, what is submitted gets `why_not_`.
// Damaged: it opened, but mail is missing: like Reopening, for good. Closed: the end.
enum class State : std::uint8_t { Open, Failed, Reopening, Damaged, Closed };

// Lock order: mutex_ alone, engine_mutex_ alone; never both.
class EmbeddedStore final : public Store {
public:
    EmbeddedStore(const EmbeddedOptions& options, std::unique_ptr<Folder> folder, Log& log)
        : options_(options),
          folder_(std::move(folder)),
          log_(log),
          space_(folder_->files(), options, folder_->ballast_path(), log),
          snapshots_(folder_->files(), folder_->path("snapshots")) {}
    ~EmbeddedStore() override { close(); }

    Result<> start() {
        // A store that was left on a full disk needs the ballast's room to open.
        space_.look();
        if (space_.now().is_short) space_.drop_ballast();
        TRY(open_engine());
        space_.look();
        drop_left_snapshots();
        // By themselves: a confined process may not name others.
        keeper_ = std::jthread([this] {
            pthread_setname_np(pthread_self(), "rook-keeper");
            keep();
        });
        committer_ = std::jthread([this] {
            pthread_setname_np(pthread_self(), "rook-commit");
            commit_loop();
        });
        return {};
    }

    Result<bool> lend(AccountId account, Table table, std::string_view key,
                      const Take& take) const override {
        auto engine = TRY(get_engine());
        return engine->lend(account, table, key, take);
    }
    Result<std::vector<std::optional<std::string>>> find_many(
        AccountId account, Table table, const std::vector<std::string>& keys) const override {
        auto engine = TRY(get_engine());
        return engine->find_many(account, table, keys);
    }
    Result<> scan(AccountId account, Table table, std::string_view from, std::string_view to,
                  const Each& each) const override {
        auto engine = TRY(get_engine());
        return engine->scan(account, table, from, to, each);
    }
    Result<std::vector<AccountId>> accounts() const override {
        auto engine = TRY(get_engine());
        return engine->accounts();
    }
    Space space() const override { return space_.now(); }
    Memory memory() const override {
        auto engine = get_engine();
        return engine ? (*engine)->memory() : Memory{};
    }

    void submit(AccountId account, Batch batch, Committed done) override {
        CHECK(batch.bytes() <= kMaxBatch);
        {
            std::unique_lock lock(mutex_);
            if (!is_joined_) {
                Waiting waiting{account, std::move(batch), std::move(done), {}};
                if (is_closing_) {
                    waiting.refused = stopping();
                } else if (state_ != State::Open) {
                    waiting.refused = why_not_;
                } else if (space_.now().is_short && !waiting.batch.is_freeing()) {
                    waiting.refused = no_space();
                }
                queue_.push_back(std::move(waiting));
                work_.notify_one();
                return;
            }
        }
        // No thread is left to answer.
        done(std::unexpected(stopping()));
    }

    Result<Snapshot> snapshot() override {
        if (space_.now().is_short) return std::unexpected(no_space());
        auto engine = TRY(get_engine());
        auto identity = TRY(engine->identity());
        return Snapshot{TRY(snapshots_.make(*engine)), std::move(identity)};
    }
    Result<> drop_snapshot(const std::string& path) override { return snapshots_.drop(path); }

    void close() override {
        {
            std::lock_guard lock(mutex_);
            if (is_closing_) return;
            is_closing_ = true;
            work_.notify_all();
            keep_.notify_all();
        }
        // The committer first: it answers what is queued, with the store still open below it.
        if (committer_.joinable()) committer_.join();
        if (keeper_.joinable()) keeper_.join();
        {
            std::lock_guard lock(mutex_);
            is_joined_ = true;
            state_ = State::Closed;
            why_not_ = stopping();
        }
        record_horizon();
        if (auto engine = get_engine()) {
            // The next start is faster without a log to replay; a failure only makes it slower.
            if (auto flushed = (*engine)->flush(); !flushed)
                log_error("store-close", flushed.error());
        }
        drop_engine(stopping());
    }

private:
    struct Waiting {
        AccountId account;
        Batch batch;
        Committed done;
        std::optional<Error> refused;
    };
    using Group = std::vector<Waiting>;

    // ---- the committer

    void commit_loop() {
        for (;;) {
            Group group;
            bool is_sick = false;
            {
                std::unique_lock lock(mutex_);
                work_.wait(lock, [&] {
                    return !queue_.empty() || is_closing_ || (is_sick_ && state_ == State::Open);
                });
                is_sick = is_sick_ && state_ == State::Open && !is_closing_;
                if (!is_sick && queue_.empty()) return;
                if (!is_sick) group = take_group();
            }
            const bool is_answered = sabotaged(Sabotage::AnswerBeforeCommit);
            if (is_answered) {
                answer(group);
                std::this_thread::sleep_for(std::chrono::milliseconds(2));
            }
            if (is_sick) {
                fail_store(group, reopening());
            } else if (auto written = write(group); !written) {
                log_error("store-write", written.error());
                fail_store(group, written.error());
            } else if (!is_answered) {
                answer(group);
            }
        }
    }

    // Under mutex_. Whatever waits, up to a size; a batch behind a refused one of its account was
    // built on what will not be, and is refused too.
    Group take_group() {
        Group group;
        std::set<AccountId> refused;
        std::size_t bytes = 0;
        while (!queue_.empty() && bytes <= kMaxGroup) {
            group.push_back(std::move(queue_.front()));
            queue_.pop_front();
            auto& waiting = group.back();
            if (!waiting.refused && falls_with(waiting, refused)) waiting.refused = reopening();
            if (!waiting.refused) {
                bytes += waiting.batch.bytes();
            } else if (!waiting.batch.is_independent()) {
                refused.insert(waiting.account);
            }
        }
        return group;
    }

    static bool falls_with(const Waiting& waiting, const std::set<AccountId>& refused) {
        return !waiting.batch.is_independent() && refused.contains(waiting.account);
    }

    Result<> write(const Group& group) {
        Engine::Group batches;
        std::size_t bytes = 0, erased = 0;
        for (const auto& waiting : group) {
            if (waiting.refused) continue;
            batches.emplace_back(waiting.account, &waiting.batch);
            bytes += waiting.batch.bytes();
            erased += static_cast<std::size_t>(
                std::ranges::count_if(waiting.batch.changes(), [](const auto& change) {
                    return change.is_erase && change.table == Table::Bodies;
                }));
        }
        if (batches.empty()) return {};
        auto engine = TRY(get_engine());
        TRY(engine->write(batches));
        flushed_ = engine->sequence();
        erased_ += erased;
        space_.wrote(bytes);
        return {};
    }

    // Everything that waits fails: any of it may have been built on what is lost. Only when all
    // have been told does the keeper begin to reopen.
    void fail_store(Group& group, const Error& error) {
        {
            std::lock_guard lock(mutex_);
            state_ = State::Failed;
            why_not_ = reopening();
            is_full_ = error.why == Why::NoSpace;
            for (auto& waiting : queue_) group.push_back(std::move(waiting));
            queue_.clear();
        }
        for (auto& waiting : group) {
            if (!waiting.refused) waiting.refused = error;
        }
        answer(group);
        std::lock_guard lock(mutex_);
        state_ = State::Reopening;
        keep_.notify_all();
    }

    void answer(Group& group) {
        for (auto& waiting : group) {
            if (!waiting.refused) {
                waiting.done({});
                continue;
            }
            waiting.done(std::unexpected(*waiting.refused));
            if (waiting.batch.is_independent()) continue;
            // What this account submitted before it was told falls with it.
            std::lock_guard lock(mutex_);
            for (auto& later : queue_) {
                if (!later.refused && falls_with(later, {waiting.account})) {
                    later.refused = reopening();
                }
            }
        }
    }

    // ---- the keeper

    void keep() {
        std::unique_lock lock(mutex_);
        while (!is_closing_) {
            keep_.wait_for(lock, options_.keep_every,
                           [&] { return is_closing_ || state_ == State::Reopening; });
            if (is_closing_) return;
            bool is_lost = state_ == State::Reopening;
            lock.unlock();
            if (is_lost) {
                reopen();
            } else {
                record_horizon();
                space_.look();
                free_soon();
                choose_garbage();
            }
            large_blocks::trim();
            lock.lock();
        }
    }

    void record_horizon() {
        if (auto recorded = folder_->horizon().record(flushed_); !recorded) {
            log_error("store-horizon", recorded.error());
        }
    }

    // What was erased leaves the disk when its tombstones reach a table (engine.cpp makes RocksDB
    // take those first). With room short that cannot wait until a buffer is full, and links to
    // files that are gone otherwise are in the way.
    void free_soon() {
        if (!space_.now().is_short) return;
        drop_left_snapshots();
        if (erased_ == 0) return;
        erased_ = 0;
        auto engine = get_engine();
        if (!engine) return;
        if (auto flushed = (*engine)->flush(); !flushed) log_error("store-flush", flushed.error());
    }

    void choose_garbage() {
        auto engine = get_engine();
        if (!engine) return;
        if (auto chosen = (*engine)->choose_garbage(space_.now().is_short); !chosen) {
            log_error("store-garbage", chosen.error());
        }
    }

    void drop_left_snapshots() {
        if (auto done = snapshots_.drop_left(); !done) log_error("store-snapshots", done.error());
    }

    void reopen() {
        log_.warning("store-reopening", {});
        for (auto wait = kFirstRetry;; wait = std::min(wait * 2, kLastRetry)) {
            drop_engine(reopening());
            space_.look();
            if (is_full_ || space_.now().is_short) space_.drop_ballast();
            auto opened = open_engine();
            std::unique_lock lock(mutex_);
            if (opened) {
                state_ = State::Open;
                break;
            }
            log_error("store-reopen", opened.error());
            if (opened.error().why == Why::Corrupt) {
                state_ = State::Damaged;
                why_not_ = opened.error();
                lock.unlock();
                drop_engine(opened.error());
                return;
            }
            if (keep_.wait_for(lock, wait, [&] { return is_closing_; })) return;
        }
        space_.look();
        log_.info("store-reopened", {{"sequence", flushed_.load()}});
    }

    // ---- the engine

    Result<> open_engine() {
        auto options = folder_->engine_options(EngineOptions::Mode::Serve);
        options.is_sick = [this](Sick why) {
            std::lock_guard lock(mutex_);
            is_sick_ = true;
            is_damaged_ = is_damaged_ || why == Sick::Damage;
            work_.notify_one();
        };
        {
            std::lock_guard lock(mutex_);
            is_sick_ = false;
            options.compacts = !is_damaged_;
        }
        if (!options.compacts) {
            log_.error("store-damaged",
                       {{"said", "no more compactions until `rookery check --repair`"}});
        }
        auto engine = TRY(folder_->open_engine(options, log_));
        flushed_ = engine->sequence();
        std::lock_guard lock(engine_mutex_);
        is_engine_gone_ = false;
        // Shared by the store and the reads that are under way: the last of them closes it.
        engine_ = std::shared_ptr<Engine>(engine.release(), [this](Engine* last) {
            delete last;
            std::lock_guard gone(engine_mutex_);
            is_engine_gone_ = true;
            engine_gone_.notify_all();
        });
        return {};
    }

    // From now on reads fail with `why`; returns when the last one that is under way has ended.
    void drop_engine(Error why) {
        std::shared_ptr<Engine> last;
        {
            std::lock_guard lock(engine_mutex_);
            last = std::move(engine_);
            no_engine_ = std::move(why);
        }
        last.reset();
        std::unique_lock lock(engine_mutex_);
        engine_gone_.wait(lock, [&] { return is_engine_gone_; });
    }

    Result<std::shared_ptr<Engine>> get_engine() const {
        std::lock_guard lock(engine_mutex_);
        if (!engine_) return std::unexpected(no_engine_);
        return engine_;
    }

    void log_error(std::string_view event, const Error& error) {
        log_.error(event,
                   {{"why", to_string(error.why)}, {"said", error.said}, {"detail", error.detail}});
    }

    const EmbeddedOptions options_;
    const std::unique_ptr<Folder> folder_;
    Log& log_;
    SpaceGuard space_;
    Snapshots snapshots_;
    // The last change that was flushed, and how many bodies were erased since tables were written.
    std::atomic<std::uint64_t> flushed_{0}, erased_{0};

    mutable std::mutex mutex_;
    std::condition_variable work_, keep_;
    std::deque<Waiting> queue_;
    State state_ = State::Open;
    Error why_not_{};
    bool is_full_ = false;
    bool is_sick_ = false;     // RocksDB gave up in the background
    bool is_damaged_ = false;  // it met damage there, and would again: no compactions
    bool is_closing_ = false;
    bool is_joined_ = false;  // both threads have ended

    mutable std::mutex engine_mutex_;
    std::condition_variable engine_gone_;
    std::shared_ptr<Engine> engine_;
    Error no_engine_ = reopening();
    bool is_engine_gone_ = true;

    std::jthread keeper_, committer_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_embedded_store(EmbeddedOptions options, Log& log) {
    auto folder = TRY(Folder::open(options, Folder::For::Serve));
    auto store = std::make_unique<EmbeddedStore>(options, std::move(folder), log);
    TRY(store->start());
    return store;
}

}  // namespace rook::store
