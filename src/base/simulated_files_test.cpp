#include "base/simulated_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>

namespace rook {
namespace {

using testing::UnorderedElementsAre;
using Begin = Files::Begin;

std::unique_ptr<AppendFile> open_file(SimulatedFiles& files, const std::string& path) {
    auto file = files.open_append(path, Begin::Empty);
    EXPECT_TRUE(file);
    return file ? *std::move(file) : nullptr;
}

TEST(SimulatedFiles, FlushedBytesAndNamesSurvive) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SimulatedFiles files;
        ASSERT_TRUE(files.make_dir("/d"));
        ASSERT_TRUE(files.sync_dir("/"));
        auto file = open_file(files, "/d/f");
        ASSERT_TRUE(file->append("kept"));
        ASSERT_TRUE(file->sync());
        ASSERT_TRUE(files.sync_dir("/d"));
        files.cut_power(seed);
        EXPECT_FALSE(files.load("/d/f"));
        files.power_on();
        EXPECT_EQ(files.load("/d/f").value(), "kept");
        EXPECT_FALSE(file->append("a dead handle"));
        EXPECT_EQ(files.load("/d/f").value(), "kept");
    }
}

TEST(SimulatedFiles, UnflushedBytesAreLostTornOrKept) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        SimulatedFiles files;
        auto file = open_file(files, "/f");
        ASSERT_TRUE(files.sync_dir("/"));
        ASSERT_TRUE(file->append("kept"));
        ASSERT_TRUE(file->sync());
        ASSERT_TRUE(file->append("lost"));
        files.cut_power(seed);
        files.power_on();
        auto content = files.load("/f").value();
        EXPECT_TRUE(content.starts_with("kept"));
        EXPECT_LE(content.size(), 8u);
        seen.insert(content);
    }
    EXPECT_TRUE(seen.contains("kept"));
    EXPECT_TRUE(seen.contains("keptlo"));
    EXPECT_TRUE(seen.contains("keptlost"));
    EXPECT_TRUE(seen.contains(std::string("kept\0\0\0\0", 8)));
}

TEST(SimulatedFiles, UnflushedNamesAreLostInOrder) {
    std::set<std::size_t> counts;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SimulatedFiles files;
        for (auto name : {"/1", "/2", "/3"}) ASSERT_TRUE(open_file(files, name)->sync());
        files.cut_power(seed);
        files.power_on();
        auto left = files.list("/").value();
        counts.insert(left.size());
        EXPECT_TRUE(left.empty() || std::ranges::count(left, "1") == 1);
    }
    EXPECT_EQ(counts, (std::set<std::size_t>{0, 1, 2, 3}));
}

TEST(SimulatedFiles, ReplaceLeavesTheOldOrTheNew) {
    // At every call of it, power goes.
    std::set<std::string> seen;
    for (std::uint64_t k = 1;; ++k) {
        bool is_done = false;
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            SimulatedFiles files;
            ASSERT_TRUE(files.replace("/f", "old"));
            files.cut_power_at(k, seed);
            is_done = files.replace("/f", "new").has_value();
            if (is_done) files.cut_power(seed);
            files.power_on();
            auto content = files.load("/f").value();
            EXPECT_TRUE(content == "new" || (!is_done && content == "old")) << content;
            seen.insert(content);
        }
        if (is_done) {
            EXPECT_EQ(k, 7u);
            break;
        }
    }
    EXPECT_THAT(seen, UnorderedElementsAre("old", "new"));
}

TEST(SimulatedFiles, FailedCalls) {
    SimulatedFiles files;
    auto file = open_file(files, "/f");
    files.fail_call(2, ENOSPC);
    EXPECT_TRUE(file->append("one"));
    auto failed = file->append("two!");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().why, Why::NoSpace);
    EXPECT_TRUE(file->append("three"));
    EXPECT_EQ(files.load("/f").value(), "onetwthree");
    files.fail_call(1, EIO, 2);
    EXPECT_EQ(files.rename("/f", "/g").error().why, Why::Io);
    EXPECT_EQ(files.remove("/f").error().why, Why::Io);
    EXPECT_TRUE(files.rename("/f", "/g"));
}

TEST(SimulatedFiles, WhatAFailedSyncGaveUpMayBeLostThoughTheNextSucceeds) {
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        SimulatedFiles files;
        auto file = open_file(files, "/f");
        ASSERT_TRUE(files.sync_dir("/"));
        ASSERT_TRUE(file->append("gone"));
        files.fail_call(1, EIO);
        EXPECT_FALSE(file->sync());
        ASSERT_TRUE(file->append("kept"));
        ASSERT_TRUE(file->sync());
        files.cut_power(seed);
        files.power_on();
        auto content = files.load("/f").value();
        EXPECT_TRUE(content.ends_with("kept"));
        seen.insert(content);
    }
    EXPECT_TRUE(seen.contains("gonekept"));
    EXPECT_TRUE(seen.contains(std::string("\0\0\0\0kept", 8)));
}

TEST(SimulatedFiles, Capacity) {
    SimulatedFiles files;
    files.set_capacity(100);
    ASSERT_TRUE(files.reserve("/ballast", 60));
    EXPECT_EQ(files.size("/ballast").value(), 60u);
    EXPECT_EQ(files.free_space("/").value(), 40u);
    auto file = open_file(files, "/f");
    EXPECT_EQ(file->append(std::string(41, 'x')).error().why, Why::NoSpace);
    ASSERT_TRUE(files.remove("/ballast"));
    EXPECT_TRUE(file->append(std::string(41, 'x')));
}

TEST(SimulatedFiles, Locks) {
    SimulatedFiles files;
    auto lock = files.lock("/LOCK");
    ASSERT_TRUE(lock);
    EXPECT_EQ(files.lock("/LOCK").error().why, Why::Busy);
    files.cut_power(1);
    files.power_on();
    auto again = files.lock("/LOCK");
    ASSERT_TRUE(again);
    lock->reset();  // of an earlier life: frees nothing
    EXPECT_EQ(files.lock("/LOCK").error().why, Why::Busy);
    again->reset();
    EXPECT_TRUE(files.lock("/LOCK"));
}

TEST(SimulatedFiles, FoldersAndTheirErrors) {
    SimulatedFiles files;
    EXPECT_EQ(files.open_append("/no/f", Begin::Empty).error().why, Why::NotFound);
    ASSERT_TRUE(files.make_dir("/d/"));
    ASSERT_TRUE(files.make_dir("/d"));
    open_file(files, "/d//f");
    EXPECT_THAT(files.list("/d").value(), UnorderedElementsAre("f"));
    EXPECT_THAT(files.list("/").value(), UnorderedElementsAre("d"));
    EXPECT_TRUE(files.is_dir("/d").value());
    EXPECT_FALSE(files.is_dir("/d/f").value());
    EXPECT_FALSE(files.remove_dir("/d"));
    ASSERT_TRUE(files.remove("/d/f"));
    EXPECT_TRUE(files.remove_dir("/d"));
    EXPECT_FALSE(files.exists("/d").value());
}

}  // namespace
}  // namespace rook
