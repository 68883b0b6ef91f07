// Check and repair of the embedded store: damage is found, named, and what can be read is kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "base/log.h"
#include "base/simulated_files.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/engine.h"
#include "store/embedded/engine_testing.h"
#include "store/embedded/folder.h"
#include "store/embedded/guards_testing.h"

namespace rook::store {
namespace {

constexpr AccountId kOne{1};

class Repair : public testing::Test {
protected:
    EmbeddedOptions options() {
        return {.path = "/store",
                .reserve_bytes = 1000,
                .ballast_bytes = 0,
                .cache_bytes = 1 << 20,
                .write_buffer_bytes = 8 << 20,
                .files = files_.get()};
    }
    void open() {
        auto opened = open_embedded_store(options(), log_);
        if (!opened) throw std::runtime_error(opened.error().said + " " + opened.error().detail);
        store_ = *std::move(opened);
    }
    void begin_anew() {
        store_.reset();
        files_ = std::make_unique<SimulatedFiles>();
    }
    // Some in tables and body files, some in the log only.
    void fill() {
        open();
        for (int i = 0; i < 100; ++i) {
            ASSERT_TRUE(store_->commit(kOne, batch(i)));
            if (i == 30 || i == 60) {
                store_.reset();
                open();
            }
        }
        files_->cut_power(0);
        store_.reset();
        files_->power_on();
    }
    static Batch batch(int i) {
        Batch batch;
        auto key = std::to_string(i);
        batch.put(Table::Records, key, "record " + key);
        batch.put(Table::Summaries, key, "summary " + key);
        batch.put(Table::Bodies, key, body(i));
        batch.put(Table::Bodies, "small" + key, "small body " + key);
        batch.put(Table::Signatures, key, "signature " + key);
        return batch;
    }
    static std::string body(int i) { return std::string(3000, static_cast<char>('a' + i % 26)); }
    static int bodies_in(const std::string& file) {
        int count = 0;
        for (int letter = 0; letter < 26; ++letter) {
            const auto one = body(letter);
            for (auto at = file.find(one); at != file.npos; at = file.find(one, at + one.size()))
                ++count;
        }
        return count;
    }
    // How many of the hundred batches are there whole.
    int count_whole() {
        int whole = 0;
        for (int i = 0; i < 100; ++i) {
            bool is_whole = true;
            for (const auto& change : batch(i).changes()) {
                auto found = store_->find(kOne, change.table, change.key);
                is_whole = is_whole && found && *found == change.value;
            }
            whole += is_whole;
        }
        return whole;
    }
    std::vector<std::string> ending(std::string_view suffix) {
        std::vector<std::string> found;
        for (const auto& name : *files_->list("/store/db")) {
            if (name.ends_with(suffix) || name.starts_with(suffix)) found.push_back(name);
        }
        EXPECT_FALSE(found.empty()) << suffix;
        return found;
    }
    void close_and_put_back(const SavedFiles& saved) {
        store_.reset();
        put_back(*files_, saved);
    }
    CheckReport check() {
        auto report = check_embedded_store(options(), log_);
        EXPECT_TRUE(report) << report.error().detail;
        return report.value_or(CheckReport{});
    }

    std::unique_ptr<SimulatedFiles> files_ = std::make_unique<SimulatedFiles>();
    NullLog log_;
    std::unique_ptr<Store> store_;
};

TEST_F(Repair, AGoodStoreHasNoDamageAndIsNotChangedByACheck) {
    fill();
    auto before = files_->list("/store/db").value();
    auto report = check();
    EXPECT_TRUE(report.damage.empty()) << report.damage[0].file << " " << report.damage[0].what;
    EXPECT_GT(report.files, 5u);
    EXPECT_GT(report.bytes, 300'000u);
    EXPECT_GE(report.records, 300u);
    EXPECT_THAT(files_->list("/store/db").value(), testing::UnorderedElementsAreArray(before));
    auto repaired = repair_embedded_store(options(), log_);
    ASSERT_TRUE(repaired);
    EXPECT_FALSE(repaired->was_rebuilt);
    EXPECT_EQ(repaired->sequence, repaired->horizon);
    EXPECT_THAT(repaired->notes, testing::IsEmpty());
    open();
    EXPECT_EQ(count_whole(), 100);
}

// A table's name can be on the disk before its bytes are.
TEST_F(Repair, WhatACutLeftUnfinishedIsNoDamage) {
    fill();
    ASSERT_TRUE(files_->open_append("/store/db/000998.sst", Files::Begin::Empty));
    ASSERT_TRUE(files_->replace("/store/db/000999.blob", std::string(5000, '\0')));
    auto report = check();
    EXPECT_TRUE(report.damage.empty()) << report.damage[0].file << " " << report.damage[0].what;
    open();
    EXPECT_EQ(count_whole(), 100);
    EXPECT_FALSE(*files_->exists("/store/db/000998.sst"));
}

TEST_F(Repair, AFlippedBitInABodyNamesItsRecord) {
    fill();
    auto name = ending(".blob")[0];
    auto content = files_->load("/store/db/" + name).value();
    auto at = content.find(std::string(500, 'c'));
    ASSERT_NE(at, content.npos);
    ASSERT_TRUE(files_->flip_bit("/store/db/" + name, at + 100, 3));
    auto report = check();
    ASSERT_EQ(report.damage.size(), 1u);
    EXPECT_EQ(report.damage[0].file, "db/" + name);
    EXPECT_EQ(report.damage[0].account, kOne);
    EXPECT_THAT(report.damage[0].key, testing::AnyOf("2", "28"));
    open();
    EXPECT_EQ(store_->find(kOne, Table::Bodies, report.damage[0].key).error().why, Why::Corrupt);
    EXPECT_EQ(count_whole(), 99);
}

// A process that reads it goes on: no block of a table is read unchecked.
TEST_F(Repair, AFlippedBitInATableOfBodiesIsAnError) {
    fill();
    auto folder = Folder::open(options(), Folder::For::Check);
    ASSERT_TRUE(folder);
    const auto engine_options = (*folder)->engine_options(EngineOptions::Mode::ReadOnly);
    int errors = 0;
    for (const auto& name : ending(".sst")) {
        const auto path = "/store/db/" + name;
        const auto size = files_->size(path).value();
        for (std::uint64_t at = 5; at < size; at += 61) {
            ASSERT_TRUE(files_->flip_bit(path, at, 4));
            auto engine = Engine::open(engine_options, log_);
            for (int i = 0; engine && i < 100; ++i) {
                for (const auto& change : batch(i).changes()) {
                    if (change.table != Table::Bodies) continue;
                    auto found = (*engine)->lend(
                        kOne, change.table, change.key, [&](std::string_view value) -> Result<> {
                            EXPECT_TRUE(value == change.value) << name << " " << at;
                            return {};
                        });
                    errors += !found;
                    EXPECT_TRUE(!found || *found) << name << " " << at;
                }
            }
            ASSERT_TRUE(files_->flip_bit(path, at, 4));
        }
    }
    EXPECT_GT(errors, 100);
}

// Sums are looked at wherever a table is walked: RocksDB would end the process, and did.
TEST_F(Repair, AFlippedBitInATableOfBodiesEndsNoWalk) {
    fill();
    for (const auto& name : ending(".sst")) {
        const auto path = "/store/db/" + name;
        const auto size = files_->size(path).value();
        for (std::uint64_t at = 5; at < size; at += 97) {
            ASSERT_TRUE(files_->flip_bit(path, at, 4));
            auto folder = Folder::open(options(), Folder::For::Check);
            ASSERT_TRUE(folder);
            auto engine =
                Engine::open((*folder)->engine_options(EngineOptions::Mode::ReadOnly), log_);
            if (engine) {
                (void)(*engine)->accounts();
                (void)(*engine)->scan(kOne, Table::Bodies, {}, {}, [](auto, auto) { return true; });
            }
            ASSERT_TRUE(files_->flip_bit(path, at, 4));
        }
    }
}

// Keys are walked to be erased: an account with a damaged body can still be removed.
TEST_F(Repair, AWalkGoesOnBehindADamagedBody) {
    fill();
    const auto name = ending(".blob")[0];
    const auto content = files_->load("/store/db/" + name).value();
    const auto at = content.find(std::string(500, 'c'));
    ASSERT_NE(at, content.npos);
    ASSERT_TRUE(files_->flip_bit("/store/db/" + name, at + 100, 3));
    open();
    int walked = 0, altered = 0;
    auto scanned = store_->scan(kOne, Table::Bodies, {}, {}, [&](auto key, auto value) {
        ++walked;
        altered += !key.starts_with("small") && value != body(std::stoi(std::string(key)));
        return true;
    });
    EXPECT_TRUE(scanned) << scanned.error().detail;
    EXPECT_EQ(walked, 200);
    EXPECT_EQ(altered, 1) << "its seal is for whoever wrote it";
}

// Tables overlap: one that a key is not in must not stand in its way.
TEST_F(Repair, ADamagedTableHidesNoBodyOfAnother) {
    auto put = [&](std::initializer_list<const char*> keys) {
        open();
        Batch batch;
        for (auto key : keys) batch.put(Table::Bodies, key, body(1));
        ASSERT_TRUE(store_->commit(kOne, std::move(batch)));
        store_.reset();
    };
    put({"first a", "first c"});
    const auto tables = ending(".sst");
    put({"first b"});
    int damaged = 0;
    for (const auto& name : tables) {
        const auto at = files_->load("/store/db/" + name)->find("first");
        if (at == std::string::npos) continue;
        ++damaged;
        ASSERT_TRUE(files_->flip_bit("/store/db/" + name, at, 1));
    }
    ASSERT_EQ(damaged, 1);
    open();
    EXPECT_FALSE(store_->find(kOne, Table::Bodies, "first a"));
    EXPECT_FALSE(store_->find(kOne, Table::Bodies, "first c"));
    for (int i = 0; i < 2; ++i) {
        auto found = store_->find(kOne, Table::Bodies, "first b");
        ASSERT_TRUE(found) << found.error().detail;
        EXPECT_EQ(*found, body(1));
        auto many = store_->find_many(kOne, Table::Bodies, {"first b"});
        ASSERT_TRUE(many) << many.error().detail;
        EXPECT_EQ(many->front(), body(1));
        store_.reset();
        open();
    }
}

TEST_F(Repair, AFlippedBitInATableIsFound) {
    fill();
    for (const auto& name : ending(".sst")) {
        auto size = files_->size("/store/db/" + name).value();
        for (std::uint64_t at : {std::uint64_t{20}, size / 2}) {
            ASSERT_TRUE(files_->flip_bit("/store/db/" + name, at, 1));
            auto report = check();
            EXPECT_TRUE(std::ranges::any_of(
                report.damage, [&](const auto& damage) { return damage.file == "db/" + name; }))
                << name << " byte " << at;
            ASSERT_TRUE(files_->flip_bit("/store/db/" + name, at, 1));
        }
    }
}

TEST_F(Repair, ADamagedBodyThatNobodyReadsIsNone) {
    fill();
    const auto name = ending(".blob")[0], path = "/store/db/" + name;
    for (char body : {'c', 'd'}) {
        const auto at = files_->load(path)->find(std::string(500, body));
        ASSERT_NE(at, std::string::npos);
        ASSERT_TRUE(files_->flip_bit(path, at + 100, 3));
    }
    EXPECT_EQ(check().damage.size(), 2u);
    open();
    Batch batch;
    for (int i = 0; i < 100; ++i) {
        const auto key = std::to_string(i);
        if (body(i)[0] == 'c') batch.erase(Table::Bodies, key);
        if (body(i)[0] == 'd') batch.put(Table::Bodies, key, body(i));
    }
    ASSERT_TRUE(store_->commit(kOne, std::move(batch)));
    store_.reset();
    EXPECT_THAT(check().damage, testing::IsEmpty());
}

TEST_F(Repair, AMissingBodyFileIsFound) {
    fill();
    auto name = ending(".blob")[0];
    ASSERT_TRUE(files_->remove("/store/db/" + name));
    EXPECT_FALSE(check().damage.empty());
}

// Cut anywhere, without its end, without its header, or gone.
TEST_F(Repair, ABodyFileThatIsCutCostsOnlyWhatIsMissing) {
    const std::function<std::string(std::string)> ways[] = {
        [](auto s) { return s.substr(0, s.size() / 2); },
        [](auto s) { return s.substr(0, 17); },
        [](auto s) { return s.replace(s.size() - 20, 20, 20, '\0'); },
        [](auto s) { return s.replace(5, 1, 1, 'x'); },
    };
    for (const auto& way : ways) {
        begin_anew();
        fill();
        const auto name = ending(".blob")[0], path = "/store/db/" + name;
        const auto content = files_->load(path).value();
        const auto changed = way(content);
        ASSERT_TRUE(files_->replace(path, changed));
        const auto report = repair_embedded_store(options(), log_);
        ASSERT_TRUE(report) << report.error().detail;
        ASSERT_EQ(report->notes.size(), 1u);
        EXPECT_THAT(report->notes[0], testing::HasSubstr(name));
        EXPECT_EQ(files_->load("/store/lost/" + name).value(), changed);
        open();
        int lost = 0, walked = 0;
        for (int i = 0; i < 100; ++i) {
            const auto found = store_->find(kOne, Table::Bodies, std::to_string(i));
            if (!found) ++lost;
            if (found) EXPECT_EQ(*found, body(i));
        }
        EXPECT_EQ(lost, bodies_in(content) - bodies_in(changed));
        EXPECT_TRUE(store_->scan(kOne, Table::Bodies, {}, {}, [&](auto, auto) {
            ++walked;
            return true;
        }));
        EXPECT_EQ(walked, 200);
        store_.reset();
        EXPECT_THAT(repair_embedded_store(options(), log_)->notes, testing::IsEmpty());
    }
}

TEST_F(Repair, WithoutManifestOrCurrentNothingIsLost) {
    for (auto file : {"MANIFEST", "CURRENT"}) {
        SCOPED_TRACE(file);
        begin_anew();
        fill();
        for (const auto& name : ending(file)) ASSERT_TRUE(files_->remove("/store/db/" + name));
        auto opened = open_embedded_store(options(), log_);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().why, Why::Corrupt) << opened.error().detail;
        EXPECT_THAT(opened.error().said, testing::HasSubstr("rookery check --repair"));
        EXPECT_FALSE(check().damage.empty());
        auto report = repair_embedded_store(options(), log_);
        ASSERT_TRUE(report) << report.error().detail;
        EXPECT_TRUE(report->was_rebuilt);
        EXPECT_GE(report->body_files, 2u);
        open();
        EXPECT_EQ(count_whole(), 100);
        EXPECT_TRUE(store_->commit(kOne, batch(100)));
        store_.reset();
        EXPECT_TRUE(check().damage.empty());
        open();
        EXPECT_EQ(count_whole(), 100);
    }
}

TEST_F(Repair, ADamagedManifestAnywhere) {
    fill();
    std::map<std::string, std::string> saved;
    for (const auto& name : *files_->list("/store/db")) {
        saved[name] = files_->load("/store/db/" + name).value();
    }
    auto horizon = files_->load("/store/horizon").value();
    auto manifest = ending("MANIFEST")[0];
    for (std::size_t at = 0; at < saved[manifest].size(); at += 193) {
        SCOPED_TRACE("byte " + std::to_string(at));
        ASSERT_TRUE(files_->flip_bit("/store/db/" + manifest, at, 5));
        auto opened = open_embedded_store(options(), log_);
        if (!opened) {
            auto report = repair_embedded_store(options(), log_);
            ASSERT_TRUE(report) << report.error().detail;
            open();
        } else {
            store_ = *std::move(opened);
        }
        EXPECT_EQ(count_whole(), 100);
        store_.reset();
        for (const auto& name : *files_->list("/store/db")) {
            if (name != "lost") ASSERT_TRUE(files_->remove("/store/db/" + name));
        }
        for (const auto& [name, bytes] : saved)
            ASSERT_TRUE(files_->replace("/store/db/" + name, bytes));
        ASSERT_TRUE(files_->replace("/store/horizon", horizon));
    }
}

TEST_F(Repair, ATableThatCannotBeReadCostsOnlyItself) {
    fill();
    // Its footer: RocksDB cannot open it.
    auto name = ending(".sst")[0];
    auto size = files_->size("/store/db/" + name).value();
    for (std::uint64_t at = size - 50; at < size; ++at) {
        ASSERT_TRUE(files_->flip_bit("/store/db/" + name, at, 2));
    }
    auto report = repair_embedded_store(options(), log_);
    ASSERT_TRUE(report) << report.error().detail;
    open();
    EXPECT_GE(count_whole(), 39);  // what was in the log alone
    EXPECT_TRUE(store_->commit(kOne, batch(100)));
}

class EventLog final : public Log {
public:
    void write(LogLevel, std::string_view event, std::initializer_list<LogField>) override {
        std::lock_guard lock(mutex_);
        ++count_[std::string(event)];
    }
    int count(const std::string& event) {
        std::lock_guard lock(mutex_);
        return count_[event];
    }

private:
    std::mutex mutex_;
    std::map<std::string, int> count_;
};

// It fails for ever, which must not close the store again and again.
TEST_F(Repair, ACompactionThatMeetsDamageClosesTheStoreOnce) {
    open();
    store_.reset();
    std::string table;
    {
        // More tables than RocksDB leaves alone.
        auto folder = *Folder::open(options(), Folder::For::Serve);
        auto without = folder->engine_options(EngineOptions::Mode::Serve);
        without.compacts = false;
        auto engine = *Engine::open(without, log_);
        for (int i = 0; i < 8; ++i) {
            const auto one = batch(i);
            ASSERT_TRUE(engine->write({{kOne, &one}}));
            ASSERT_TRUE(engine->flush());
        }
        rocksdb::ColumnFamilyMetaData records;
        engine->raw().GetColumnFamilyMetaData(engine->family(Table::Records), &records);
        ASSERT_GE(records.levels[0].files.size(), 8u);
        table = records.levels[0].files[3].name;
    }
    ASSERT_TRUE(files_->flip_bit("/store/db" + table, 30, 1));
    EventLog log;
    store_ = *open_embedded_store(options(), log);
    while (log.count("store-reopened") == 0) std::this_thread::yield();
    for (int i = 0; i < 300; ++i) {
        ASSERT_TRUE(store_->commit(kOne, batch(10 + i % 90))) << i;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(log.count("store-reopening"), 1);
    EXPECT_EQ(log.count("store-damaged"), 1);
    store_.reset();
}

// RocksDB opens with it, and fails at every read of it and at every compaction.
TEST_F(Repair, ADamagedBlockInATableCostsOnlyItself) {
    fill();
    const auto saved = save_files(*files_);
    int mended = 0, whole = 0;
    for (const auto& name : ending(".sst")) {
        const auto path = "/store/db/" + name;
        const auto size = saved.at(path).size();
        for (auto at = std::size_t{20}; at < size; at += size / 6 + 1) {
            SCOPED_TRACE(name + " byte " + std::to_string(at));
            ASSERT_TRUE(files_->flip_bit(path, at, 1));
            auto report = repair_embedded_store(options(), log_);
            ASSERT_TRUE(report) << report.error().detail;
            EXPECT_FALSE(report->notes.empty()) << "it says what is gone";
            const auto damage = check().damage;
            EXPECT_TRUE(damage.empty()) << damage[0].file << " " << damage[0].what;
            open();
            whole += count_whole() == 100;
            // Some thirty of a hundred are in a block, at most.
            EXPECT_GE(count_whole(), 38);
            EXPECT_TRUE(store_->commit(kOne, batch(100)));
            ++mended;
            close_and_put_back(saved);
        }
    }
    EXPECT_GT(mended, 20);
    EXPECT_GT(whole, mended / 4) << "damage of indexes, filters and properties costs nothing";
}

// In a table below the first level a damaged filter is not in a reader's way.
TEST_F(Repair, WhatCouldBeReadIsThereAfterwards) {
    fill();
    const auto path = "/store/db" + [&] {
        auto engine = Engine::open({.path = "/store/db", .files = files_.get()}, log_).value();
        return compact_to_the_last_level(*engine, Table::Records);
    }();
    const auto saved = save_files(*files_);
    const auto size = saved.at(path).size();
    int whole = 0;
    for (auto at = size / 20; at < size; at += size / 15 + 1) {
        SCOPED_TRACE(at);
        ASSERT_TRUE(files_->flip_bit(path, at, 1));
        store_ = open_embedded_store(options(), log_).value_or(nullptr);
        const auto before = store_ ? count_whole() : 0;
        close_and_put_back(saved);
        ASSERT_TRUE(files_->flip_bit(path, at, 1));
        ASSERT_TRUE(repair_embedded_store(options(), log_));
        open();
        EXPECT_GE(count_whole(), before);
        close_and_put_back(saved);
        whole += before == 100;
    }
    EXPECT_GT(whole, 0);
}

// What was erased stays erased, what was overwritten is not seen again, and what is beside the
// damaged block stays.
TEST_F(Repair, WhatIsMendedHidesWhatItHid) {
    auto put = [&](int from, int to, const std::string& value) {
        Batch batch;
        for (int i = from; i < to; ++i) {
            const auto key = std::to_string(1000 + i);
            if (value.empty()) {
                batch.erase(Table::Records, key);
            } else {
                batch.put(Table::Records, key, std::to_string(i) + value);
            }
        }
        ASSERT_TRUE(store_->commit(kOne, std::move(batch)));
    };
    const std::string old(300, 'o'), young(300, 'y');
    open();
    put(0, 1000, old);
    store_.reset();
    const auto before = ending(".sst");
    open();
    put(0, 1000, young);
    put(300, 400, "");
    store_.reset();
    int damaged = 0;
    for (const auto& name : ending(".sst")) {
        if (std::ranges::count(before, name) > 0) continue;
        ASSERT_TRUE(files_->flip_bit("/store/db/" + name, 10, 3));
        ++damaged;
    }
    ASSERT_EQ(damaged, 1);
    auto report = repair_embedded_store(options(), log_);
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_TRUE(check().damage.empty());
    open();
    int lost = 0;
    for (int i = 0; i < 1000; ++i) {
        auto found = store_->find(kOne, Table::Records, std::to_string(1000 + i));
        ASSERT_TRUE(found) << found.error().detail;
        const bool is_erased = i >= 300 && i < 400;
        EXPECT_EQ(found->has_value(), !is_erased) << i;
        // In the damaged block the old one shows: better than nothing.
        if (!is_erased) lost += **found != std::to_string(i) + young;
    }
    EXPECT_GT(lost, 10);
    EXPECT_LT(lost, 60) << "a block of 16 KB";
}

TEST_F(Repair, AnInterruptedRepairCanBeRunAgain) {
    for (std::uint64_t k = 1;; k += 5) {
        SCOPED_TRACE("power cut at call " + std::to_string(k));
        begin_anew();
        fill();
        for (const auto& name : ending("MANIFEST"))
            ASSERT_TRUE(files_->remove("/store/db/" + name));
        ASSERT_TRUE(files_->sync_dir("/store/db"));
        files_->cut_power_at(k, k);
        auto first = repair_embedded_store(options(), log_);
        bool is_done = files_->has_power();
        files_->cut_power(k);
        files_->power_on();
        auto second = repair_embedded_store(options(), log_);
        ASSERT_TRUE(second) << second.error().detail;
        open();
        EXPECT_EQ(count_whole(), 100);
        store_.reset();
        if (is_done || HasFailure()) break;
    }
}

}  // namespace
}  // namespace rook::store
