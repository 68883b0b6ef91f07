#include "base/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace rook {
namespace {

using testing::UnorderedElementsAre;
using Begin = Files::Begin;

class SystemFilesTest : public testing::Test {
protected:
    SystemFilesTest() {
        std::filesystem::remove_all(dir_);
        EXPECT_TRUE(files_->make_dir(dir_));
    }
    ~SystemFilesTest() override { std::filesystem::remove_all(dir_); }

    std::unique_ptr<Files> files_ = make_system_files();
    std::string dir_ = testing::TempDir() + "rookery-files-" + std::to_string(::getpid());
    std::string file_ = dir_ + "/f";
};

TEST_F(SystemFilesTest, AppendSyncRead) {
    auto file = files_->open_append(file_, Begin::Empty);
    ASSERT_TRUE(file);
    EXPECT_TRUE((*file)->append("one "));
    EXPECT_TRUE((*file)->append("two"));
    EXPECT_EQ((*file)->size(), 7u);
    EXPECT_TRUE((*file)->sync());
    EXPECT_TRUE((*file)->close());
    EXPECT_TRUE((*file)->close());

    file = files_->open_append(file_, Begin::AtEnd);
    ASSERT_TRUE(file);
    EXPECT_EQ((*file)->size(), 7u);
    EXPECT_TRUE((*file)->append("!"));
    EXPECT_TRUE((*file)->truncate(5));
    EXPECT_TRUE((*file)->append("?"));
    EXPECT_EQ(files_->load(file_).value(), "one t?");

    auto read = files_->open_read(file_);
    ASSERT_TRUE(read);
    EXPECT_EQ((*read)->read(4, 1).value(), "t");
    EXPECT_EQ((*read)->read(4, 100).value(), "t?");
    EXPECT_EQ((*read)->read(100, 1).value(), "");
    EXPECT_EQ(files_->size(file_).value(), 6u);
    EXPECT_GT(files_->modified(file_).value(), 1'600'000'000);
}

TEST_F(SystemFilesTest, LargeFilesAreLoadedWhole) {
    std::string content(200'000, 'x');
    ASSERT_TRUE(files_->replace(file_, content));
    EXPECT_EQ(files_->load(file_).value(), content);
    ASSERT_TRUE(files_->replace(file_, "short"));
    EXPECT_EQ(files_->load(file_).value(), "short");
    EXPECT_THAT(files_->list(dir_).value(), UnorderedElementsAre("f"));
}

TEST_F(SystemFilesTest, NamesAndFolders) {
    EXPECT_FALSE(files_->exists(file_).value());
    ASSERT_TRUE(files_->replace(file_, "x"));
    EXPECT_TRUE(files_->exists(file_).value());
    EXPECT_TRUE(files_->make_dir(dir_));  // there already
    EXPECT_EQ(files_->make_dir(file_).error().why, Why::Exists);
    EXPECT_TRUE(files_->is_dir(dir_).value());
    EXPECT_FALSE(files_->is_dir(file_).value());
    EXPECT_TRUE(files_->rename(file_, dir_ + "/g"));
    EXPECT_TRUE(files_->sync_dir(dir_));
    EXPECT_EQ(files_->remove(file_).error().why, Why::NotFound);
    EXPECT_TRUE(files_->remove(dir_ + "/g"));
    EXPECT_TRUE(files_->make_dir(dir_ + "/sub"));
    EXPECT_TRUE(files_->remove_dir(dir_ + "/sub"));
    auto mode = std::filesystem::status(dir_).permissions();
    EXPECT_EQ(mode, std::filesystem::perms::owner_all);
}

TEST_F(SystemFilesTest, ErrorsNameThePathInTheDetailOnly) {
    for (auto error : {files_->open_read(file_).error(), files_->load(file_).error(),
                       files_->size(file_).error(), files_->list(file_).error(),
                       files_->open_append(file_ + "/x/y", Begin::Empty).error()}) {
        EXPECT_EQ(error.why, Why::NotFound);
        EXPECT_NE(error.detail.find(dir_), std::string::npos) << error.detail;
        EXPECT_EQ(error.said.find(dir_), std::string::npos) << error.said;
    }
    auto full = files_->open_append("/dev/full", Begin::AtEnd);
    ASSERT_TRUE(full);
    EXPECT_EQ((*full)->append("x").error().why, Why::NoSpace);
}

TEST_F(SystemFilesTest, ReserveTakesRoom) {
    ASSERT_TRUE(files_->reserve(file_, 100'000));
    EXPECT_EQ(files_->size(file_).value(), 100'000u);
    EXPECT_GT(files_->free_space(dir_).value(), 0u);
    // More than any disk has.
    EXPECT_FALSE(files_->reserve(dir_ + "/g", std::uint64_t{1} << 62));
    EXPECT_FALSE(files_->exists(dir_ + "/g").value());
}

TEST_F(SystemFilesTest, ALockHoldsWithinTheProcessToo) {
    auto lock = files_->lock(file_);
    ASSERT_TRUE(lock);
    auto second = files_->lock(file_);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().why, Why::Busy);
    EXPECT_EQ(second.error().detail, "process " + std::to_string(::getpid()));
    lock->reset();
    EXPECT_TRUE(files_->lock(file_));
}

TEST(FileError, Numbers) {
    struct Case {
        int number;
        Why why;
    };
    for (auto [number, why] :
         {Case{ENOENT, Why::NotFound}, Case{EEXIST, Why::Exists}, Case{EACCES, Why::Denied},
          Case{EROFS, Why::Denied}, Case{ENOSPC, Why::NoSpace}, Case{EDQUOT, Why::NoSpace},
          Case{EIO, Why::Io}, Case{EMFILE, Why::Io}}) {
        EXPECT_EQ(file_error("open", "/f", number).error().why, why) << number;
    }
}

TEST(ParentDir, Cases) {
    EXPECT_EQ(parent_dir("/a/b"), "/a");
    EXPECT_EQ(parent_dir("/a"), "/");
    EXPECT_EQ(parent_dir("a/b"), "a");
    EXPECT_EQ(parent_dir("a"), ".");
}

}  // namespace
}  // namespace rook
