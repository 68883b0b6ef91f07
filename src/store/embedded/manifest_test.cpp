// RocksDB's manifest, torn and damaged: a start loses no table to it.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "store/embedded/folder.h"
#include "store/embedded/guards_testing.h"

namespace rook::store {
namespace {

using testing::HasSubstr;

// Seen after a power cut: a piece of an edit that was not flushed, with blank sectors in it.
TEST_F(Guards, AManifestTornAtItsEndIsNoDamage) {
    must_open();
    ASSERT_TRUE(commit("before"));
    store_.reset();
    must_open();
    ASSERT_TRUE(commit("logged"));
    kill();
    const auto manifest = manifest_path();
    auto bytes = files_.load(manifest).value();
    log_format::append_record(bytes, std::string(900, 'e'));
    std::fill(bytes.end() - 600, bytes.end() - 100, '\0');
    ASSERT_TRUE(files_.replace(manifest, bytes));
    must_open();
    EXPECT_TRUE(has("before") && has("logged"));
    ASSERT_TRUE(commit("after"));
    kill();
    must_open();
    EXPECT_TRUE(has("after"));
}

// A database that is cut off while it is made has not all its families, and nothing to lose.
TEST_F(Guards, AStoreThatIsCutOffWhileItIsMadeCanBeMade) {
    int cuts = 0;
    for (std::uint64_t k = 35; k <= 60; ++k) {  // around the families' edits
        for (std::uint64_t seed : {8, 17}) {    // in which the disk keeps a part of one
            SCOPED_TRACE(fmt::format("call {}, seed {}", k, seed));
            SimulatedFiles files;
            auto of_these = options();
            of_these.files = &files;
            files.cut_power_at(k, seed);
            (void)open_embedded_store(of_these, log_);
            cuts += !files.has_power();
            files.cut_power(seed);
            files.power_on();
            auto made = open_embedded_store(of_these, log_);
            EXPECT_TRUE(made) << made.error().detail;
        }
    }
    EXPECT_EQ(cuts, 52);
}

// An edit that was flushed is another thing: the log of what it names is gone.
TEST_F(Guards, AManifestDamagedAtItsEndIsRefused) {
    must_open();
    ASSERT_TRUE(commit("first"));
    store_.reset();
    must_open();
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(commit("k" + std::to_string(i)));
    store_.reset();  // to a table, and the log goes
    const auto manifest = manifest_path();
    const auto saved = save();
    const auto size = saved.at(manifest).size();
    int refused = 0;
    for (std::size_t back = 3; back < std::min<std::size_t>(size, 600); back += 7) {
        SCOPED_TRACE(std::to_string(back) + " bytes from the end");
        ASSERT_TRUE(files_.flip_bit(manifest, size - back, 2));
        auto opened = open();
        if (!opened) {
            ++refused;
            EXPECT_EQ(opened.error().why, Why::Corrupt);
            // Who is told to run a check is told by it what is wrong.
            auto checked = check_embedded_store(options(), log_);
            ASSERT_TRUE(checked);
            EXPECT_FALSE(checked->damage.empty());
            auto report = repair_embedded_store(options(), log_);
            ASSERT_TRUE(report) << report.error().detail;
            must_open();
        }
        EXPECT_TRUE(has("first") && has("k0") && has("k2"))
            << (opened ? "opened" : opened.error().detail);
        put_back(saved);
    }
    EXPECT_GT(refused, 10);
}

// The last of several edits: without it the store is long enough, and lacks a table.
TEST_F(Guards, AManifestWithoutItsLastTableIsRefusedAndACheckSaysSo) {
    make_a_table_of_each();
    const auto manifest = manifest_path();
    const auto saved = save();
    const auto& whole = saved.at(manifest);
    int refused = 0;
    for (std::size_t back = 1; back < std::min<std::size_t>(whole.size(), 500); back += 3) {
        SCOPED_TRACE(std::to_string(back) + " bytes from the end");
        ASSERT_TRUE(files_.replace(manifest, whole.substr(0, whole.size() - back)));
        auto checked = check_embedded_store(options(), log_);
        ASSERT_TRUE(checked);
        if (open()) {
            for (auto table : kAll) EXPECT_TRUE(*store_->find(kOne, table, "k"));
        } else {
            ++refused;
            EXPECT_FALSE(checked->damage.empty());
        }
        put_back(saved);
    }
    EXPECT_GT(refused, 10);
}

// What such a start judges is still there for the next one, and for a repair: also where the
// manifest ends with an edit, and where the start is cut off.
TEST_F(Guards, NoTableGoesWhileADamagedManifestIsJudged) {
    make_a_table_of_each();
    const auto manifest = manifest_path();
    const auto saved = save();
    const auto& whole = saved.at(manifest);
    int refused = 0;
    auto start = [&](std::string_view bytes, std::uint64_t calls) {
        SCOPED_TRACE(fmt::format("{} of {} bytes, power goes at call {}", bytes.size(),
                                 whole.size(), calls));
        ASSERT_TRUE(files_.replace(manifest, bytes));
        if (calls > 0) {
            files_.cut_power_at(calls, calls);
            EXPECT_FALSE(open());
            files_.cut_power(calls);
            files_.power_on();
        }
        if (!open()) {
            ++refused;
            ASSERT_TRUE(repair_embedded_store(options(), log_));
            must_open();
        }
        for (auto table : kAll) EXPECT_TRUE(*store_->find(kOne, table, "k"));
        put_back(saved);
    };
    for (std::size_t back = 1; back < 400; back += 40) {
        const auto cut = whole.substr(0, whole.size() - back);
        for (std::uint64_t calls = 0; calls < 14; ++calls) start(cut, calls);
        start(cut.substr(0, log_format::torn_end(cut).value_or(cut.size())), 0);
    }
    EXPECT_GT(refused, 100);
}

}  // namespace
}  // namespace rook::store
