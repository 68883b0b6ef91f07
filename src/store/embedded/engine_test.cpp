#include "store/embedded/engine.h"

#include <gtest/gtest.h>
#include <rocksdb/perf_context.h>
#include <rocksdb/perf_level.h>

#include <chrono>
#include <thread>

#include "base/random.h"
#include "base/simulated_files.h"
#include "store/embedded/engine_testing.h"

namespace rook::store {
namespace {

constexpr AccountId kOne{1};

class EngineTest : public testing::Test {
protected:
    EngineTest() {
        EXPECT_TRUE(files_.make_dir("/db"));
        open(1 << 20);
    }
    void open(std::uint64_t cache_bytes) {
        engine_.reset();
        auto opened = Engine::open({.path = "/db",
                                    .may_create = true,
                                    .cache_bytes = cache_bytes,
                                    .write_buffer_bytes = 8 << 20,
                                    .files = &files_},
                                   log_);
        EXPECT_TRUE(opened);
        if (opened) engine_ = *std::move(opened);
    }
    void write(int from, int to) {
        for (int i = from; i < to; ++i) {
            Batch batch;
            // Not compressible, lest all of it fits into a block.
            std::string value;
            while (value.size() < 10'000) value += std::to_string(random_->u64());
            batch.put(Table::Records, "key" + std::to_string(i), value);
            ASSERT_TRUE(engine_->write({{kOne, &batch}}));
        }
    }

    SimulatedFiles files_;
    NullLog log_;
    std::unique_ptr<Random> random_ = make_seeded_random(1);
    std::unique_ptr<Engine> engine_;
};

TEST_F(EngineTest, MemoryIsToldBesideItsBounds) {
    const auto empty = engine_->memory();
    EXPECT_EQ(empty.cache_limit, 1u << 20);
    EXPECT_EQ(empty.buffer_limit, 8u << 20);
    write(0, 300);
    const auto written = engine_->memory();
    EXPECT_GT(written.buffer_bytes, empty.buffer_bytes + 3'000'000);
    EXPECT_LT(written.buffer_bytes, written.buffer_limit);
    EXPECT_LT(written.cache_bytes, written.cache_limit);

    ASSERT_TRUE(engine_->flush());
    // RocksDB's thread frees what it has flushed a moment after it said so.
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    auto is_freed = [&] { return engine_->memory().buffer_bytes < empty.buffer_bytes + 1'000'000; };
    while (!is_freed() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
    EXPECT_TRUE(is_freed()) << engine_->memory().buffer_bytes;
    std::size_t read = 0;
    ASSERT_TRUE(engine_->scan(kOne, Table::Records, "", "", [&](auto, auto value) {
        read += value.size();
        return true;
    }));
    EXPECT_GE(read, 3'000'000u);
    const auto after = engine_->memory();
    EXPECT_GT(after.cache_bytes, after.cache_limit / 2);
    EXPECT_LE(after.cache_bytes, after.cache_limit);
    // What is written does not push out what was read.
    write(300, 600);
    EXPECT_GT(engine_->memory().buffer_bytes, 2 * after.cache_limit);
    EXPECT_EQ(engine_->memory().cache_bytes, after.cache_bytes);
}

TEST_F(EngineTest, ARecordOfALargeTableIsReadInLittle) {
    constexpr std::uint64_t kCache = 256 << 10;
    open(kCache);
    constexpr int kRecords = 400'000, kReads = 500;
    const auto name = [](int i) { return std::to_string(1'000'000 + i); };
    Batch batch;
    for (int i = 0; i < kRecords; ++i) batch.put(Table::Records, name(i), "v" + name(i));
    ASSERT_TRUE(engine_->write({{kOne, &batch}}));
    ASSERT_TRUE(engine_->flush());
    // Of a table in the first level all that is not a record is pinned.
    compact_to_the_last_level(*engine_, Table::Records);
    open(kCache);
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
    rocksdb::get_perf_context()->Reset();
    for (int i = 0; i < kReads; ++i) {
        const int n = static_cast<int>(random_->below(kRecords));
        auto found = engine_->lend(kOne, Table::Records, name(n), [&](auto value) -> Result<> {
            EXPECT_EQ(value, "v" + name(n));
            return {};
        });
        ASSERT_TRUE(found && *found);
    }
    const auto bytes = rocksdb::get_perf_context()->block_read_byte;
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
    // The table's filter alone has ten bits a record, twice the cache's size.
    EXPECT_LT(bytes / kReads, 32u << 10);
}

}  // namespace
}  // namespace rook::store
