// What every store promises (store.h), run on each of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <filesystem>
#include <latch>
#include <thread>

#include "base/codec.h"
#include "base/log.h"
#include "store/embedded/embedded_store.h"
#include "store/memory/memory_store.h"

namespace rook::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Row = std::pair<std::string, std::string>;

struct Kind {
    const char* name;
    std::function<std::unique_ptr<Store>(const std::string& folder)> open;
};

class StoreContract : public testing::TestWithParam<Kind> {
protected:
    StoreContract() {
        std::filesystem::remove_all(folder_);
        store_ = GetParam().open(folder_);
    }
    ~StoreContract() override {
        store_.reset();
        std::filesystem::remove_all(folder_);
    }

    static Batch put(std::string_view key, std::string_view value, Table table = Table::Records) {
        Batch batch;
        batch.put(table, key, value);
        return batch;
    }
    std::optional<std::string> find(AccountId account, std::string_view key,
                                    Table table = Table::Records) {
        auto found = store_->find(account, table, key);
        EXPECT_TRUE(found) << found.error().detail;
        return found.value_or(std::nullopt);
    }
    std::vector<Row> scan(AccountId account, std::string_view from = {}, std::string_view to = {},
                          Table table = Table::Records) {
        std::vector<Row> rows;
        EXPECT_TRUE(store_->scan(account, table, from, to, [&](auto key, auto value) {
            rows.emplace_back(key, value);
            return true;
        }));
        return rows;
    }

    static constexpr AccountId kOne{1}, kTwo{2}, kLast{UINT64_MAX};
    std::string folder_ = testing::TempDir() + "rookery-store-" + std::to_string(::getpid());
    std::unique_ptr<Store> store_;
};

TEST_P(StoreContract, PutFindErase) {
    EXPECT_EQ(find(kOne, "k"), std::nullopt);
    ASSERT_TRUE(store_->commit(kOne, put("k", "v")));
    EXPECT_EQ(find(kOne, "k"), "v");
    ASSERT_TRUE(store_->commit(kOne, put("k", "")));
    EXPECT_EQ(find(kOne, "k"), "");
    Batch erase;
    erase.erase(Table::Records, "k");
    erase.erase(Table::Records, "never there");
    ASSERT_TRUE(store_->commit(kOne, std::move(erase)));
    EXPECT_EQ(find(kOne, "k"), std::nullopt);
}

TEST_P(StoreContract, AccountsAndTablesAreApart) {
    for (int table = 0; table < kTables; ++table) {
        for (auto account : {kDirectoryAccount, kOne, kTwo, kLast}) {
            auto value = std::to_string(table) + " " + std::to_string(account.v);
            ASSERT_TRUE(store_->commit(account, put("k", value, Table(table))));
        }
    }
    for (int table = 0; table < kTables; ++table) {
        for (auto account : {kDirectoryAccount, kOne, kTwo, kLast}) {
            auto value = std::to_string(table) + " " + std::to_string(account.v);
            EXPECT_EQ(find(account, "k", Table(table)), value);
            EXPECT_THAT(scan(account, "", "", Table(table)), ElementsAre(Row("k", value)));
        }
    }
    EXPECT_THAT(*store_->accounts(), ElementsAre(kDirectoryAccount, kOne, kTwo, kLast));
}

TEST_P(StoreContract, AccountsWithoutRecordsAreNotListed) {
    EXPECT_THAT(*store_->accounts(), IsEmpty());
    ASSERT_TRUE(store_->commit(kOne, put("k", "v")));
    ASSERT_TRUE(store_->commit(kTwo, put("k", "v", Table::Bodies)));
    Batch erase;
    erase.erase(Table::Records, "k");
    ASSERT_TRUE(store_->commit(kOne, std::move(erase)));
    EXPECT_THAT(*store_->accounts(), ElementsAre(kTwo));
}

TEST_P(StoreContract, ScanBoundsAndOrder) {
    using namespace std::string_view_literals;
    Batch batch;
    for (auto key : {"\xFF\xFF"sv, "b"sv, "a\0"sv, "a"sv, "\0"sv, "c"sv, "\xFF"sv})
        batch.put(Table::Records, key, key);
    ASSERT_TRUE(store_->commit(kOne, std::move(batch)));
    ASSERT_TRUE(store_->commit(kTwo, put("a", "other")));
    struct Case {
        std::string_view from, to;
        std::vector<std::string_view> want;
    };
    const Case cases[] = {
        {"", "", {"\0"sv, "a", "a\0"sv, "b", "c", "\xFF", "\xFF\xFF"}},
        {"a", "c", {"a", "a\0"sv, "b"}},
        {"a\0"sv, "c", {"a\0"sv, "b"}},
        {"aa", "bb", {"b"}},
        {"c", "", {"c", "\xFF", "\xFF\xFF"}},
        {"\xFF", "", {"\xFF", "\xFF\xFF"}},
        {"b", "b", {}},
        {"c", "a", {}},
    };
    for (const auto& c : cases) {
        std::vector<std::string> keys;
        for (const auto& [key, value] : scan(kOne, c.from, c.to)) {
            EXPECT_EQ(key, value);
            keys.push_back(key);
        }
        EXPECT_EQ(keys, std::vector<std::string>(c.want.begin(), c.want.end()))
            << c.from << ".." << c.to;
    }
}

TEST_P(StoreContract, ScanStopsWhenToldAndMayCallTheStore) {
    Batch batch;
    for (char c = 'a'; c <= 'z'; ++c) batch.put(Table::Records, std::string(1, c), "v");
    ASSERT_TRUE(store_->commit(kOne, std::move(batch)));
    std::string seen;
    ASSERT_TRUE(store_->scan(kOne, Table::Records, "", "", [&](auto key, auto) {
        // A commit during the scan does not show in it.
        EXPECT_TRUE(store_->commit(kOne, put(std::string(key) + "later", "v")));
        EXPECT_EQ(find(kOne, std::string(key) + "later"), "v");
        seen += key;
        return seen.size() < 5;
    }));
    EXPECT_EQ(seen, "abcde");
}

TEST_P(StoreContract, FindManyKeepsTheOrderAsked) {
    ASSERT_TRUE(store_->commit(kOne, put("b", "2", Table::Summaries)));
    ASSERT_TRUE(store_->commit(kOne, put("a", "1", Table::Summaries)));
    ASSERT_TRUE(store_->commit(kTwo, put("c", "3", Table::Summaries)));
    auto found = store_->find_many(kOne, Table::Summaries, {"c", "b", "a", "b", ""});
    ASSERT_TRUE(found);
    EXPECT_THAT(*found, ElementsAre(std::nullopt, "2", "1", "2", std::nullopt));
    EXPECT_THAT(*store_->find_many(kOne, Table::Summaries, {}), IsEmpty());
}

TEST_P(StoreContract, FindManyOfNumbersInARow) {
    const auto key = [](std::uint64_t n, char kind = 'k') {
        std::string out(1, kind);
        Writer(out).u64(n);
        return out;
    };
    constexpr std::uint64_t kFirst = 250, kLast = 310;  // a byte is carried over on the way
    Batch batch;
    std::vector<std::string> keys;
    std::vector<std::optional<std::string>> values;
    for (auto n = kFirst; n <= kLast; ++n) {
        batch.put(Table::Records, key(n), "old");
        if (n % 5 == 0) continue;  // there, and not asked for
        keys.push_back(key(n));
        values.emplace_back(n % 7 == 0 ? std::nullopt : std::optional(std::to_string(n)));
    }
    batch.put(Table::Records, key(kFirst, 'l'), "of another kind");
    ASSERT_TRUE(store_->commit(kOne, std::move(batch)));
    batch = {};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        if (values[i]) batch.put(Table::Records, keys[i], *values[i]);
        if (!values[i]) batch.erase(Table::Records, keys[i]);
    }
    ASSERT_TRUE(store_->commit(kOne, std::move(batch)));
    ASSERT_TRUE(store_->commit(kTwo, put(keys.front(), "another's")));
    EXPECT_EQ(store_->find_many(kOne, Table::Records, keys).value(), values);
    // Past the last that is there, up to the end of the account.
    for (auto n = kLast + 1; n < kLast + 30; ++n) keys.push_back(key(n)), values.emplace_back();
    EXPECT_EQ(store_->find_many(kOne, Table::Records, keys).value(), values);
    // In another order, and one twice.
    std::reverse(keys.begin(), keys.end());
    std::reverse(values.begin(), values.end());
    keys.push_back(keys.front()), values.push_back(values.front());
    EXPECT_EQ(store_->find_many(kOne, Table::Records, keys).value(), values);
}

TEST_P(StoreContract, LendAnswersAsTheTakerDoes) {
    ASSERT_TRUE(store_->commit(kOne, put("k", "v", Table::Bodies)));
    std::string taken;
    auto take = [&](std::string_view value) -> Result<> {
        taken = value;
        return {};
    };
    EXPECT_TRUE(store_->lend(kOne, Table::Bodies, "k", take).value());
    EXPECT_EQ(taken, "v");
    auto never = [&](std::string_view) -> Result<> { return fail(Why::Corrupt, "no"); };
    EXPECT_FALSE(store_->lend(kOne, Table::Bodies, "l", never).value());
    EXPECT_FALSE(store_->lend(kTwo, Table::Bodies, "k", never).value());
    EXPECT_EQ(store_->lend(kOne, Table::Bodies, "k", never).error().why, Why::Corrupt);
}

TEST_P(StoreContract, LaterChangesOfABatchWin) {
    Batch batch;
    batch.put(Table::Records, "k", "first");
    batch.erase(Table::Records, "k");
    batch.put(Table::Records, "k", "last");
    batch.put(Table::Records, "gone", "v");
    batch.erase(Table::Records, "gone");
    ASSERT_TRUE(store_->commit(kOne, std::move(batch)));
    EXPECT_THAT(scan(kOne), ElementsAre(Row("k", "last")));
}

TEST_P(StoreContract, LargestKeyAndValue) {
    std::string key(kMaxKey, 'k'), value(kMaxValue, 'v');
    for (int table = 0; table < kTables; ++table) {
        ASSERT_TRUE(store_->commit(kOne, put(key, value, Table(table))));
        EXPECT_EQ(find(kOne, key, Table(table)), value);
    }
    Batch full;
    for (int i = 0; full.bytes() + kMaxValue + 10 < kMaxBatch; ++i) {
        full.put(Table::Bodies, "body" + std::to_string(i), value);
    }
    ASSERT_TRUE(store_->commit(kOne, std::move(full)));
    EXPECT_EQ(find(kOne, "body39", Table::Bodies), value);
}

TEST_P(StoreContract, EmptyBatchIsAnsweredInItsPlace) {
    std::vector<int> order;
    std::latch all(2);
    auto note = [&](int n) {
        return [&, n](Result<> result) {
            EXPECT_TRUE(result);
            order.push_back(n);
            all.count_down();
        };
    };
    store_->submit(kOne, put("k", "v"), note(1));
    store_->submit(kOne, Batch(), note(2));
    all.wait();
    EXPECT_THAT(order, ElementsAre(1, 2));
}

TEST_P(StoreContract, AnswersComeInOrderAndAreDurableWhenTold) {
    constexpr int kEach = 200, kThreads = 4;
    std::array<std::vector<int>, kThreads> told;
    std::latch all(kEach * kThreads);
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&, t] {
                for (int i = 0; i < kEach; ++i) {
                    // All of an account write one key: the last one must win.
                    store_->submit(AccountId(t + 1u), put("k", std::to_string(i)),
                                   [&, t, i](Result<> result) {
                                       EXPECT_TRUE(result);
                                       told[t].push_back(i);
                                       all.count_down();
                                   });
                }
            });
        }
    }
    all.wait();
    for (int t = 0; t < kThreads; ++t) {
        EXPECT_EQ(told[t].size(), kEach);
        EXPECT_TRUE(std::ranges::is_sorted(told[t]));
        EXPECT_EQ(find(AccountId(t + 1u), "k"), std::to_string(kEach - 1));
    }
}

TEST_P(StoreContract, ReadersSeeWholeBatches) {
    std::atomic<bool> is_done = false;
    std::jthread reader([&] {
        while (!is_done) {
            auto rows = scan(kOne);
            if (rows.empty()) continue;
            EXPECT_EQ(rows.size(), 3u);
            for (const auto& row : rows) EXPECT_EQ(row.second, rows[0].second);
        }
    });
    for (int i = 0; i < 200; ++i) {
        Batch batch;
        for (auto key : {"a", "b", "c"}) batch.put(Table::Records, key, std::to_string(i));
        EXPECT_TRUE(store_->commit(kOne, std::move(batch)));
    }
    is_done = true;
}

TEST_P(StoreContract, CloseWaitsThenAnswersBusy) {
    std::atomic<int> told = 0;
    for (int i = 0; i < 50; ++i) {
        store_->submit(kOne, put("k" + std::to_string(i), "v"),
                       [&](Result<> result) { told += result.has_value(); });
    }
    store_->close();
    EXPECT_EQ(told, 50);
    EXPECT_EQ(store_->find(kOne, Table::Records, "k1").error().why, Why::Busy);
    EXPECT_EQ(store_->find_many(kOne, Table::Records, {"k1"}).error().why, Why::Busy);
    EXPECT_EQ(
        store_->scan(kOne, Table::Records, "", "", [](auto, auto) { return true; }).error().why,
        Why::Busy);
    EXPECT_EQ(store_->accounts().error().why, Why::Busy);
    EXPECT_EQ(store_->commit(kOne, put("k", "v")).error().why, Why::Busy);
}

TEST_P(StoreContract, SpaceIsKnown) {
    auto space = store_->space();
    EXPECT_GT(space.free_bytes, 0u);
    EXPECT_FALSE(space.is_short);
}

std::unique_ptr<Store> open_embedded(const std::string& folder) {
    static NullLog log;
    auto store = open_embedded_store({.path = folder, .reserve_bytes = 1, .ballast_bytes = 0}, log);
    EXPECT_TRUE(store) << store.error().said << " " << store.error().detail;
    return store ? *std::move(store) : nullptr;
}

INSTANTIATE_TEST_SUITE_P(, StoreContract,
                         testing::Values(Kind{"memory", [](auto&) { return make_memory_store(); }},
                                         Kind{"memory_own_thread",
                                              [](auto&) {
                                                  return make_memory_store(
                                                      MemoryStore::Answering::OnOwnThread);
                                              }},
                                         Kind{"embedded", open_embedded}),
                         [](const auto& about) { return about.param.name; });

}  // namespace
}  // namespace rook::store
