#include "store/memory/memory_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rook::store {
namespace {

using testing::ElementsAre;

class MemoryKnobs : public testing::Test {
protected:
    void submit(AccountId account, std::string key) {
        Batch batch;
        batch.put(Table::Records, key, "v");
        store_->submit(account, std::move(batch), [this, key](Result<> result) {
            told_.push_back(key +
                            (result ? " ok" : " " + std::string(to_string(result.error().why))));
        });
    }
    bool has(AccountId account, std::string_view key) {
        return store_->find(account, Table::Records, key)->has_value();
    }

    static constexpr AccountId kOne{1}, kTwo{2};
    std::unique_ptr<MemoryStore> store_ = make_memory_store();
    std::vector<std::string> told_;
};

TEST_F(MemoryKnobs, HeldBatchesAreNotDurable) {
    store_->hold();
    submit(kOne, "a");
    submit(kTwo, "b");
    submit(kOne, "c");
    EXPECT_THAT(told_, testing::IsEmpty());
    EXPECT_FALSE(has(kOne, "a"));
    EXPECT_EQ(store_->waiting(), 3u);
    EXPECT_TRUE(store_->release_one());
    EXPECT_THAT(told_, ElementsAre("a ok"));
    EXPECT_TRUE(has(kOne, "a"));
    EXPECT_FALSE(has(kTwo, "b"));
    store_->release();
    EXPECT_THAT(told_, ElementsAre("a ok", "b ok", "c ok"));
    EXPECT_FALSE(store_->release_one());
    EXPECT_EQ(store_->commits(), 3u);
}

TEST_F(MemoryKnobs, AFailureTakesTheAccountsWaitingBatchesWithIt) {
    store_->hold();
    submit(kOne, "a");
    store_->fail_next(fail(Why::Io, "no").error());
    submit(kOne, "b");
    submit(kTwo, "c");
    submit(kOne, "d");
    store_->release();
    EXPECT_THAT(told_, ElementsAre("a ok", "b io", "c ok", "d io"));
    EXPECT_TRUE(has(kOne, "a"));
    EXPECT_FALSE(has(kOne, "b"));
    EXPECT_FALSE(has(kOne, "d"));
    EXPECT_TRUE(has(kTwo, "c"));
    submit(kOne, "e");
    EXPECT_EQ(told_.back(), "e ok");
}

TEST_F(MemoryKnobs, AnIndependentBatchStandsApart) {
    store_->hold();
    store_->fail_next(fail(Why::Io, "no").error());
    submit(kOne, "a");
    Batch apart;
    apart.put(Table::Records, "b", "v");
    apart.mark_independent();
    store_->submit(kOne, std::move(apart),
                   [this](Result<> result) { told_.push_back(result ? "b ok" : "b failed"); });
    submit(kOne, "c");
    store_->release();
    EXPECT_THAT(told_, ElementsAre("a io", "b ok", "c io"));
}

TEST_F(MemoryKnobs, ShortOfSpaceOnlyFreeingBatchesRun) {
    submit(kOne, "a");
    store_->set_space({.free_bytes = 1, .is_short = true});
    submit(kOne, "b");
    EXPECT_THAT(told_, ElementsAre("a ok", "b no-space"));
    Batch erase;
    erase.erase(Table::Records, "a");
    EXPECT_TRUE(store_->commit(kOne, std::move(erase)));
    Batch freeing;
    freeing.put(Table::Records, "page", "v");
    freeing.mark_freeing();
    EXPECT_TRUE(store_->commit(kOne, std::move(freeing)));
    EXPECT_FALSE(has(kOne, "a"));
    EXPECT_TRUE(has(kOne, "page"));
}

TEST_F(MemoryKnobs, ADoneMaySubmitAgain) {
    Batch first;
    first.put(Table::Records, "a", "v");
    store_->submit(kOne, std::move(first), [&](Result<>) { submit(kOne, "b"); });
    EXPECT_THAT(told_, ElementsAre("b ok"));
}

TEST(Batch, Sizes) {
    Batch batch;
    EXPECT_TRUE(batch.is_empty());
    EXPECT_TRUE(batch.is_freeing());
    batch.erase(Table::Bodies, "key");
    EXPECT_TRUE(batch.only_erases());
    EXPECT_EQ(batch.bytes(), 3u);
    batch.put(Table::Bodies, "key", "value");
    EXPECT_FALSE(batch.is_freeing());
    EXPECT_EQ(batch.bytes(), 11u);
    EXPECT_EQ(batch.changes().size(), 2u);
}

}  // namespace
}  // namespace rook::store
