// What guards the embedded store against bad days, one test each.
#include <gmock/gmock.h>
#include <rocksdb/db.h>
#include <rocksdb/perf_context.h>

#include <cerrno>
#include <latch>

#include "store/embedded/engine.h"
#include "store/embedded/folder.h"
#include "store/embedded/guards_testing.h"
#include "store/embedded/log_scan.h"

namespace rook::store {
namespace {

using testing::HasSubstr;

// What a failing disk was seen to leave: a batch torn in the log, and the tables of one family made
// from what stands in front of it.
TEST_F(Guards, ALogTornBehindTheTablesOfOneFamilyIsNoDamage) {
    must_open();
    ASSERT_TRUE(commit("before"));
    store_.reset();
    auto folder = Folder::open(options(), Folder::For::Serve);
    ASSERT_TRUE(folder);
    auto engine =
        (*folder)->open_engine((*folder)->engine_options(EngineOptions::Mode::Serve), log_);
    ASSERT_TRUE(engine);
    Batch batch = put("records");
    batch.put(Table::Bodies, "body", std::string(3000, 'b'));
    ASSERT_TRUE((*engine)->write({{kOne, &batch}}));
    const auto log = file_ending(".log");
    auto* records = (*engine)->family(Table::Records);
    ASSERT_TRUE((*engine)->raw().Flush(rocksdb::FlushOptions(), records).ok());
    const auto next = (*engine)->sequence() + 1;
    files_.cut_power(0);
    engine->reset();
    folder->reset();
    files_.power_on();
    tear(log, next);

    must_open();
    EXPECT_TRUE(has("before") && has("records"));
    auto body = store_->find(kOne, Table::Bodies, "body");
    ASSERT_TRUE(body && *body);
    EXPECT_EQ((*body)->size(), 3000u);
    ASSERT_TRUE(commit("after"));
    kill();
    must_open();
    EXPECT_TRUE(has("after"));
}

// RocksDB begins its next log with a record of no changes, under the number that comes next. Seen
// in a kill in the middle of a record, followed by `rookery check` and a start.
TEST_F(Guards, ATornLogThenOpenedAndClosedWithoutAChangeOpensAgain) {
    must_open();
    ASSERT_TRUE(commit("before"));
    const auto log = file_ending(".log");
    kill();
    tear(log, scan_logs(files_, "/store/db")->highest + 1);
    for (int i = 0; i < 3; ++i) {
        must_open();
        EXPECT_TRUE(has("before"));
        if (i == 1) {
            kill();
        } else {
            store_.reset();
        }
    }
    must_open();
    ASSERT_TRUE(commit("after"));
    kill();
    auto scan = scan_logs(files_, "/store/db");
    ASSERT_TRUE(scan);
    EXPECT_FALSE(scan->is_broken) << "a record of no changes takes no number";
    must_open();
    EXPECT_TRUE(has("before") && has("after"));
}

// Whether it is new, in a table, or in a table whose blocks are in the cache.
TEST_F(Guards, ABodyCostsOneReadAndNoSearch) {
    must_open();
    const std::string body(5000, 'b');
    ASSERT_TRUE(store_->commit(kOne, put("body", body, Table::Bodies)));
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableCount);
    auto expect_one_read = [&](std::uint64_t in_memory, std::uint64_t in_tables) {
        rocksdb::get_perf_context()->Reset();
        auto found = store_->find(kOne, Table::Bodies, "body");
        EXPECT_TRUE(found && *found == body);
        EXPECT_EQ(rocksdb::get_perf_context()->get_from_memtable_count, in_memory);
        EXPECT_EQ(rocksdb::get_perf_context()->bloom_sst_hit_count, in_tables);
        EXPECT_EQ(rocksdb::get_perf_context()->seek_on_memtable_count, 0u);
    };
    expect_one_read(1, 0);
    store_.reset();  // to a table
    must_open();
    expect_one_read(0, 1);
    expect_one_read(0, 1);
    EXPECT_EQ(rocksdb::get_perf_context()->block_read_count, 0u);
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kDisable);
}

TEST_F(Guards, ASecondStoreOnOneFolderIsRefused) {
    must_open();
    auto second = open_embedded_store(options(), log_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().why, Why::Busy);
    EXPECT_THAT(second.error().said, HasSubstr("Another rookery is using this data folder"));
    EXPECT_EQ(check_embedded_store(options(), log_).error().why, Why::Busy);
    EXPECT_EQ(repair_embedded_store(options(), log_).error().why, Why::Busy);
    ASSERT_TRUE(commit("k"));
    store_.reset();
    must_open();
    EXPECT_TRUE(has("k"));
}

TEST_F(Guards, ANewerFormatIsRefusedAndLeftAlone) {
    must_open();
    ASSERT_TRUE(commit("k"));
    store_.reset();
    ASSERT_TRUE(files_.replace("/store/format", "rookery-store 2 2\n"));
    auto calls = files_.calls();
    auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().why, Why::Unsupported);
    EXPECT_THAT(opened.error().said, HasSubstr("A newer Rookery"));
    EXPECT_EQ(repair_embedded_store(options(), log_).error().why, Why::Unsupported);
    EXPECT_LE(files_.calls(), calls + 2) << "only the lock may be touched";
    ASSERT_TRUE(files_.replace("/store/format", "rookery-store 1\n"));
    must_open();
    EXPECT_TRUE(has("k"));
}

TEST_F(Guards, ADamagedOrMissingFormatIsNotANewStore) {
    must_open();
    ASSERT_TRUE(commit("k"));
    store_.reset();
    // The last two are a turned bit away from this one and the next.
    for (auto text : {"", "rookery-store", "rookery-store x\n", "rookery-store 0\n",
                      "rookery-store 3\n", "rookery-store 2 0\n"}) {
        ASSERT_TRUE(files_.replace("/store/format", text));
        EXPECT_EQ(open().error().why, Why::Corrupt) << text;
    }
    ASSERT_TRUE(files_.remove("/store/format"));
    EXPECT_EQ(open().error().why, Why::Corrupt);
    auto report = repair_embedded_store(options(), log_);
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_FALSE(report->notes.empty());
    must_open();
    EXPECT_TRUE(has("k"));
}

TEST_F(Guards, NoStoreToCheck) {
    EXPECT_EQ(check_embedded_store(options(), log_).error().why, Why::NotFound);
    EXPECT_EQ(repair_embedded_store(options(), log_).error().why, Why::NotFound);
    EXPECT_FALSE(files_.exists("/store").value());
}

TEST_F(Guards, AfterAWriteErrorItReopensByItself) {
    options_.keep_every = std::chrono::hours(1);  // no call but the commit's meets the failure
    must_open();
    ASSERT_TRUE(commit("before"));
    for (int number : {EIO, ENOSPC}) {
        files_.fail_call(1, number, 3);
        auto failed = commit("failed");
        ASSERT_FALSE(failed);
        EXPECT_THAT(failed.error().why, testing::AnyOf(Why::Io, Why::NoSpace, Why::Busy));
        ASSERT_TRUE(comes([&] { return commit("after").has_value(); }));
        EXPECT_TRUE(has("before"));
        EXPECT_TRUE(has("after"));
    }
}

TEST_F(Guards, AFailureTakesAllThatWaitsWithItInOrder) {
    options_.keep_every = std::chrono::hours(1);  // no call but the commit's meets the failure
    must_open();
    // The first blocks the committer, so that the rest forms one group behind it.
    std::latch is_told(1), may_go(1), all(21);
    std::vector<std::pair<int, bool>> told;
    store_->submit(kTwo, put("first"), [&](Result<> result) {
        EXPECT_TRUE(result);
        is_told.count_down();
        may_go.wait();
        all.count_down();
    });
    is_told.wait();
    for (int i = 0; i < 20; ++i) {
        store_->submit(kOne, put("k" + std::to_string(i)), [&, i](Result<> result) {
            told.emplace_back(i, result.has_value());
            all.count_down();
        });
    }
    files_.fail_call(1, EIO, 2);
    may_go.count_down();
    all.wait();
    ASSERT_EQ(told.size(), 20u);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(told[i], (std::pair{i, false}));
    ASSERT_TRUE(comes([&] { return commit("after").has_value(); }));
}

// A batch that was submitted before its account heard of a failure was built on what is lost.
TEST_F(Guards, WhatWasSubmittedBeforeAFailureWasToldFailsToo) {
    must_open();
    std::latch all(2);
    std::optional<Error> second;
    auto submit_second = [&] {
        store_->submit(kOne, put("second"), [&](Result<> result) {
            if (!result) second = result.error();
            all.count_down();
        });
    };
    files_.set_capacity(0);
    ASSERT_TRUE(comes([&] { return store_->space().is_short; }));
    store_->submit(kOne, put("first"), [&](Result<> result) {
        EXPECT_EQ(result.error().why, Why::NoSpace);
        // Room again, before the first is told of its failure.
        files_.set_capacity(std::uint64_t{1} << 40);
        EXPECT_TRUE(comes([&] { return !store_->space().is_short; }));
        submit_second();
        all.count_down();
    });
    all.wait();
    ASSERT_TRUE(second);
    EXPECT_FALSE(has("second"));
    EXPECT_TRUE(commit("third"));  // independent: it does not fall with the others
}

TEST_F(Guards, ReadsAreBusyWhileItReopens) {
    must_open();
    ASSERT_TRUE(commit("k"));
    // It cannot reopen until the disk works again.
    files_.fail_call(1, EIO, 1'000'000);
    EXPECT_FALSE(commit("x"));
    ASSERT_TRUE(comes([&] { return !store_->find(kOne, Table::Records, "k"); }));
    EXPECT_EQ(store_->find(kOne, Table::Records, "k").error().why, Why::Busy);
    EXPECT_EQ(commit("y").error().why, Why::Busy);
    files_.power_on();  // ends the failing
    ASSERT_TRUE(comes([&] { return commit("z").has_value(); }));
    EXPECT_TRUE(has("k"));
}

TEST_F(Guards, BelowTheReserveOnlyFreeingBatchesRun) {
    options_.reserve_bytes = 24 << 20;
    options_.ballast_bytes = 8 << 20;
    files_.set_capacity(64 << 20);
    must_open();
    EXPECT_EQ(files_.size("/store/ballast").value(), 8u << 20);
    EXPECT_FALSE(store_->space().is_short);
    // Bodies until it says stop and still means it: a look at the disk may find the room that an
    // estimate had taken for used.
    int n = 0;
    std::string last_kept;
    while (n < 1000) {
        auto name = std::to_string(n++);
        auto result = store_->commit(kOne, put(name, std::string(100'000, 'x'), Table::Bodies));
        if (result) {
            last_kept = name;
            continue;
        }
        ASSERT_EQ(result.error().why, Why::NoSpace);
        if (store_->space().is_short) break;
    }
    EXPECT_GT(n, 100);
    EXPECT_LT(n, 1000);
    EXPECT_GT(store_->space().free_bytes, 1u << 20);
    EXPECT_EQ(store_->find(kOne, Table::Bodies, "0")->value().size(), 100'000u);

    Batch freeing = put("page");
    freeing.mark_freeing();
    auto freed = store_->commit(kOne, std::move(freeing));
    EXPECT_TRUE(freed) << freed.error().said << " " << freed.error().detail;
    for (int i = 0; i < std::stoi(last_kept); ++i) {
        Batch erase;
        erase.erase(Table::Bodies, std::to_string(i));
        EXPECT_TRUE(store_->commit(kOne, std::move(erase)));
    }
    // What was erased leaves the disk soon, and mail is taken again.
    ASSERT_TRUE(comes([&] { return commit("mail").has_value(); }));
    EXPECT_EQ(store_->find(kOne, Table::Bodies, last_kept)->value().size(), 100'000u);
}

TEST_F(Guards, OnAFullDiskTheBallastMakesRoomToReopen) {
    options_.reserve_bytes = 8 << 20;
    options_.ballast_bytes = 8 << 20;
    must_open();
    ASSERT_TRUE(commit("k"));
    // Another program takes all the room.
    std::uint64_t used = 0;
    for (const auto& name : *files_.list("/store/db")) used += *files_.size("/store/db/" + name);
    files_.set_capacity(used + (8 << 20) + 200);
    Batch freeing;
    freeing.put(Table::Records, "page", std::string(50'000, 'x'));
    freeing.mark_freeing();
    EXPECT_FALSE(store_->commit(kOne, freeing));
    ASSERT_TRUE(comes([&] { return store_->commit(kOne, freeing).has_value(); }));
    EXPECT_FALSE(files_.exists("/store/ballast").value());
    EXPECT_EQ(commit("mail").error().why, Why::NoSpace);
    EXPECT_TRUE(has("k"));
    // A restart on the full disk works too.
    store_.reset();
    must_open();
    EXPECT_TRUE(has("page"));
    files_.set_capacity(std::uint64_t{1} << 40);
    ASSERT_TRUE(comes([&] { return commit("mail").has_value(); }));
    ASSERT_TRUE(comes([&] { return files_.exists("/store/ballast").value(); }));
}

TEST_F(Guards, AStoreThatEndsBeforeItsHorizonIsRefused) {
    must_open();
    ASSERT_TRUE(commit("first"));
    auto log_size = files_.size(file_ending(".log")).value();
    auto has_record = [&](std::size_t n) {
        return comes([&] { return files_.size("/store/horizon").value_or(0) >= n * 13; });
    };
    ASSERT_TRUE(has_record(1));
    ASSERT_TRUE(commit("last"));
    ASSERT_TRUE(has_record(2));
    kill();
    // The log is cut off where a whole record ends: RocksDB has nothing to complain of.
    auto log = file_ending(".log");
    auto content = files_.load(log).value();
    ASSERT_LT(log_size, content.size());
    ASSERT_TRUE(files_.replace(log, content.substr(0, log_size)));
    auto opened = open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().why, Why::Corrupt);
    EXPECT_THAT(opened.error().said, HasSubstr("rookery check --repair"));

    auto report = repair_embedded_store(options(), log_);
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_LT(report->sequence, report->horizon);
    must_open();
    EXPECT_TRUE(has("first"));
    EXPECT_FALSE(has("last"));
    EXPECT_TRUE(commit("on it goes"));
}

// 9 of 51 flipped bits ended RocksDB's replay early without a word.
TEST_F(Guards, AFlippedBitAnywhereInTheLogIsNoticedOrHarmless) {
    options_.keep_every = std::chrono::hours(1);  // the horizon is of no help
    must_open();
    for (int i = 0; i < 40; ++i) {
        ASSERT_TRUE(store_->commit(kOne, put(std::to_string(i), std::string(1700, 'x'))));
    }
    kill();
    auto log = file_ending(".log");
    auto content = files_.load(log).value();
    std::map<std::string, std::string> saved;
    for (const auto& name : *files_.list("/store/db")) {
        saved[name] = files_.load("/store/db/" + name).value();
    }
    auto horizon = files_.load("/store/horizon");
    int refused = 0;
    for (std::uint64_t at = 0; at < content.size() - 1800; at += 1009) {
        SCOPED_TRACE("byte " + std::to_string(at));
        ASSERT_TRUE(files_.flip_bit(log, at, static_cast<int>(at % 8)));
        auto opened = open();
        if (!opened) {
            ++refused;
            EXPECT_EQ(opened.error().why, Why::Corrupt) << opened.error().detail;
            auto report = repair_embedded_store(options(), log_);
            ASSERT_TRUE(report) << report.error().detail;
            must_open();
        }
        // At most the record with the flipped bit is gone: not all that follow it.
        int found = 0;
        for (int i = 0; i < 40; ++i) found += has(std::to_string(i));
        EXPECT_GE(found, opened ? 40 : 39) << (opened ? "opened" : opened.error().detail);
        store_.reset();
        for (const auto& name : *files_.list("/store/db")) {
            if (name != "lost") ASSERT_TRUE(files_.remove("/store/db/" + name));
        }
        for (const auto& [name, bytes] : saved)
            ASSERT_TRUE(files_.replace("/store/db/" + name, bytes));
        if (horizon) {
            ASSERT_TRUE(files_.replace("/store/horizon", *horizon));
        } else {
            ASSERT_TRUE(files_.remove("/store/horizon"));
        }
    }
    EXPECT_GT(refused, 40);
}

TEST_F(Guards, ADamagedHorizonIsRefused) {
    must_open();
    ASSERT_TRUE(commit("k"));
    store_.reset();
    ASSERT_TRUE(files_.replace("/store/horizon", std::string(26, 'x')));
    EXPECT_EQ(open().error().why, Why::Corrupt);
    ASSERT_TRUE(repair_embedded_store(options(), log_));
    must_open();
    EXPECT_TRUE(has("k"));
}

}  // namespace
}  // namespace rook::store
