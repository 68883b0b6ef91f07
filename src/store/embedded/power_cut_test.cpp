// The embedded store on simulated files: power cuts and failing calls at every step.
#include <gtest/gtest.h>

#include <cerrno>
#include <latch>
#include <map>

#include "base/log.h"
#include "base/simulated_files.h"
#include "store/embedded/embedded_store.h"

namespace rook::store {
namespace {

constexpr AccountId kOne{1}, kTwo{2};

EmbeddedOptions options_on(SimulatedFiles& files) {
    return {.path = "/store",
            .reserve_bytes = 1000,
            .ballast_bytes = 0,
            .cache_bytes = 1 << 20,
            .write_buffer_bytes = 8 << 20,
            .keep_every = std::chrono::milliseconds(1),
            .files = &files};
}

// The n-th batch: a record that counts, and a body in two pieces of which neither may be there
// alone.
Batch make_batch(int n) {
    auto name = std::to_string(n);
    Batch batch;
    batch.put(Table::Records, "count", name);
    batch.put(Table::Bodies, name + "a", std::string(3000, static_cast<char>('a' + n % 26)));
    batch.put(Table::Bodies, name + "b", std::string(40'000, static_cast<char>('A' + n % 26)));
    if (n >= 3) {
        batch.erase(Table::Bodies, std::to_string(n - 3) + "a");
        batch.erase(Table::Bodies, std::to_string(n - 3) + "b");
    }
    return batch;
}

// Checks that the account is as after batch n for some n, and gives n (0 for none).
int whole_state(const Store& store, AccountId account) {
    auto count = store.find(account, Table::Records, "count");
    EXPECT_TRUE(count) << count.error().detail;
    if (!count || !*count) return 0;
    int n = std::stoi(**count);
    std::map<std::string, std::string> want, have;
    for (int i = std::max(1, n - 2); i <= n; ++i) {
        for (const auto& change : make_batch(i).changes()) {
            if (change.table == Table::Bodies && !change.is_erase) want[change.key] = change.value;
        }
    }
    auto scanned = store.scan(account, Table::Bodies, "", "", [&](auto key, auto value) {
        have.emplace(key, value);
        return true;
    });
    EXPECT_TRUE(scanned) << scanned.error().detail;
    EXPECT_EQ(have, want) << "after batch " << n;
    return n;
}

struct Told {
    std::atomic<int> acknowledged{0};  // the highest batch that was
};

// Submits batches `from`..`to` of both accounts, several in flight.
void run(Store& store, int from, int to, std::map<AccountId, Told>& told) {
    std::latch all(2 * (to - from + 1));
    for (int n = from; n <= to; ++n) {
        for (auto account : {kOne, kTwo}) {
            store.submit(account, make_batch(n), [&, n, account](Result<> result) {
                if (result) told[account].acknowledged = n;
                all.count_down();
            });
        }
        // A read gives the committer time: groups of different sizes.
        if (n % 3 == 0) (void)store.find(kOne, Table::Records, "x");
    }
    all.wait();
}

std::map<AccountId, Told> make_told() {
    std::map<AccountId, Told> told;
    told[kOne].acknowledged = 0;
    told[kTwo].acknowledged = 0;
    return told;
}

TEST(PowerCut, AtEveryStepNothingAcknowledgedIsLostAndNothingIsTorn) {
    NullLog log;
    std::uint64_t calls = 0;
    {
        SimulatedFiles files;
        auto store = open_embedded_store(options_on(files), log);
        ASSERT_TRUE(store) << store.error().said << store.error().detail;
        auto told = make_told();
        run(**store, 1, 8, told);
        store->reset();
        calls = files.calls();
        ASSERT_GT(files.opened(), 5u) << "RocksDB does not use the simulated files";
        ASSERT_TRUE(files.exists("/store/db/CURRENT").value());
    }
    int cut = 0, survived = 0;
    for (std::uint64_t k = 1; k <= calls + 5; ++k) {
        SCOPED_TRACE("power cut at call " + std::to_string(k));
        SimulatedFiles files;
        files.cut_power_at(k, k * 7919);
        auto told = make_told();
        if (auto store = open_embedded_store(options_on(files), log)) {
            run(**store, 1, 8, told);
        }
        cut += !files.has_power();
        files.cut_power(k);  // after the last step, at the latest
        files.power_on();
        auto store = open_embedded_store(options_on(files), log);
        ASSERT_TRUE(store) << store.error().said << " " << store.error().detail;
        for (auto account : {kOne, kTwo}) {
            int n = whole_state(**store, account);
            EXPECT_GE(n, told[account].acknowledged.load());
            survived += n > 0;
            EXPECT_TRUE((*store)->commit(account, make_batch(n + 1)));
            EXPECT_EQ(whole_state(**store, account), n + 1);
        }
        if (testing::Test::HasFailure()) break;
    }
    EXPECT_GT(cut, 40);
    EXPECT_GT(survived, 40);
}

TEST(FailedCall, AtEveryStepNothingAcknowledgedIsLostAndTheStoreComesBack) {
    NullLog log;
    std::uint64_t calls = 0;
    {
        SimulatedFiles files;
        auto store = open_embedded_store(options_on(files), log);
        ASSERT_TRUE(store);
        auto told = make_told();
        calls = files.calls();
        run(**store, 1, 8, told);
        store->reset();
        calls = files.calls() - calls;
    }
    for (int number : {EIO, ENOSPC}) {
        for (std::uint64_t k = 1; k <= calls; ++k) {
            SCOPED_TRACE("call " + std::to_string(k) + " fails with " + std::to_string(number));
            SimulatedFiles files;
            auto store = open_embedded_store(options_on(files), log);
            ASSERT_TRUE(store);
            auto told = make_told();
            files.fail_call(k, number);
            run(**store, 1, 8, told);
            int n = 0;
            // It may be reopening: Busy until it is done, by itself.
            Result<> again = fail(Why::Busy, "");
            for (auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
                 !again && std::chrono::steady_clock::now() < end;) {
                auto count = (*store)->find(kOne, Table::Records, "count");
                if (!count) {
                    std::this_thread::yield();
                    continue;
                }
                n = *count ? std::stoi(**count) : 0;
                again = (*store)->commit(kOne, make_batch(n + 1));
            }
            ASSERT_TRUE(again) << again.error().detail;
            EXPECT_GE(n, told[kOne].acknowledged.load());
            EXPECT_EQ(whole_state(**store, kOne), n + 1);
            EXPECT_GE(whole_state(**store, kTwo), told[kTwo].acknowledged.load());

            // And what the running store says is what a power cut leaves.
            files.cut_power(k);
            store->reset();
            files.power_on();
            store = open_embedded_store(options_on(files), log);
            ASSERT_TRUE(store) << store.error().said << " " << store.error().detail;
            EXPECT_EQ(whole_state(**store, kOne), n + 1);
            EXPECT_GE(whole_state(**store, kTwo), told[kTwo].acknowledged.load());
            if (testing::Test::HasFailure()) return;
        }
    }
}

// Killed between making a folder and flushing its name: the next run finds it there.
TEST(PowerCut, AFolderThatAnEarlierRunLeftUnflushedIsFlushed) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SimulatedFiles files;
        NullLog log;
        ASSERT_TRUE(files.make_dir("/store"));
        if (seed % 2 == 0) {
            ASSERT_TRUE(files.make_dir("/store/db"));
            ASSERT_TRUE(files.replace("/store/format", "rookery-store 1\n"));
        }
        {
            auto store = open_embedded_store(options_on(files), log);
            ASSERT_TRUE(store);
            ASSERT_TRUE((*store)->commit(kOne, make_batch(1)));
            files.cut_power(seed);
        }
        files.power_on();
        auto store = open_embedded_store(options_on(files), log);
        ASSERT_TRUE(store) << store.error().detail;
        EXPECT_EQ(whole_state(**store, kOne), 1) << "seed " << seed;
    }
}

}  // namespace
}  // namespace rook::store
