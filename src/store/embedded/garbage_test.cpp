// What RocksDB writes again to be rid of erased bodies.
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <thread>

#include "base/log.h"
#include "base/simulated_files.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/engine.h"
#include "store/embedded/folder.h"

namespace rook::store {
namespace {

class Garbage : public testing::Test {
protected:
    static constexpr AccountId kOne{1};
    static constexpr int kRound = 16;

    void SetUp() override {
        EmbeddedOptions options;
        options.path = "/store";
        options.files = &files_;
        folder_ = Folder::open(options, Folder::For::Serve).value();
        engine_ =
            folder_->open_engine(folder_->engine_options(EngineOptions::Mode::Serve), log_).value();
    }
    static std::string key(int n) { return std::to_string(100000 + n); }
    static std::string body(int n) {
        return std::string(64 * 1024, static_cast<char>('a' + n % 26));
    }

    // One table and one body file.
    void deliver(int round) {
        Batch batch;
        for (int n = round * kRound; n < (round + 1) * kRound; ++n)
            batch.put(Table::Bodies, key(n), body(n));
        write(batch);
    }
    void write(const Batch& batch) {
        ASSERT_TRUE(engine_->write({{kOne, &batch}}));
        ASSERT_TRUE(engine_->flush());
        ASSERT_TRUE(engine_->choose_garbage(false));
        settle();
    }
    // Until no compaction runs and none is due.
    void settle() {
        while (number("rocksdb.compaction-pending") + number("rocksdb.num-running-compactions") > 0)
            std::this_thread::yield();
    }
    std::uint64_t number(const char* property) {
        std::uint64_t value = 0;
        EXPECT_TRUE(
            engine_->raw().GetIntProperty(engine_->family(Table::Bodies), property, &value));
        return value;
    }
    std::uint64_t oldest_file() {
        rocksdb::ColumnFamilyMetaData all;
        engine_->raw().GetColumnFamilyMetaData(engine_->family(Table::Bodies), &all);
        return all.blob_files.empty() ? 0 : all.blob_files[0].blob_file_number;
    }
    std::uint64_t tables_behind_the_first_level() {
        rocksdb::ColumnFamilyMetaData all;
        engine_->raw().GetColumnFamilyMetaData(engine_->family(Table::Bodies), &all);
        std::uint64_t tables = 0;
        for (const auto& level : all.levels) tables += level.level > 0 ? level.files.size() : 0;
        return tables;
    }

    SimulatedFiles files_;
    NullLog log_;
    std::unique_ptr<Folder> folder_;
    std::unique_ptr<Engine> engine_;
};

// With a fixed cutoff each compaction wrote the older half of all mail again.
TEST_F(Garbage, BodiesThatStayAreWrittenOnce) {
    deliver(0);
    const auto first = oldest_file();
    for (int round = 1; round < 20; ++round) deliver(round);
    EXPECT_GT(tables_behind_the_first_level(), 0u);
    EXPECT_EQ(oldest_file(), first);
    EXPECT_EQ(number("rocksdb.num-blob-files"), 20u);
}

TEST_F(Garbage, ErasedBodiesLeaveTheDisk) {
    for (int round = 0; round < 12; ++round) deliver(round);
    const auto first = oldest_file();
    const auto all = number("rocksdb.live-blob-file-size");
    // Of each file three bodies of four.
    for (int round = 0; round < 12; ++round) {
        Batch batch;
        for (int n = round * kRound; n < (round + 1) * kRound; ++n) {
            if (n % 4 != 0) batch.erase(Table::Bodies, key(n));
        }
        write(batch);
    }
    // Mail comes, and with it compactions.
    for (int round = 12; round < 20; ++round) deliver(round);
    EXPECT_GT(oldest_file(), first);
    // Of 12 and 8 rounds 9 were erased.
    EXPECT_LT(number("rocksdb.live-blob-file-size"), all * 16 / 12);
    for (int n = 0; n < 12 * kRound; n += 4) {
        auto is_there = engine_->lend(kOne, Table::Bodies, key(n), [&](std::string_view found) {
            EXPECT_EQ(found, body(n));
            return Result<>{};
        });
        EXPECT_TRUE(is_there && *is_there) << n;
    }
}

}  // namespace
}  // namespace rook::store
