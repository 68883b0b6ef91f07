#include "store/embedded/names_first.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/file_system.h>

namespace rook::store {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

// Notes what is asked of it and does nothing.
class Noting final : public rocksdb::FileSystemWrapper {
public:
    Noting() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
    const char* Name() const override { return "Noting"; }
    IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                        IODebugContext*) override {
        asked.push_back("rename " + from + " " + to);
        return IOStatus::OK();
    }
    IOStatus NewDirectory(const std::string& path, const IOOptions&,
                          std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext*) override {
        *result = std::make_unique<Folder>(*this, path);
        return IOStatus::OK();
    }

    std::vector<std::string> asked;
    IOStatus flushes = IOStatus::OK();

private:
    struct Folder final : rocksdb::FSDirectory {
        Folder(Noting& of, std::string at) : noting(of), path(std::move(at)) {}
        IOStatus Fsync(const IOOptions&, IODebugContext*) override {
            noting.asked.push_back("flush " + path);
            return noting.flushes;
        }
        Noting& noting;
        std::string path;
    };
};

TEST(NamesFirst, TheFolderIsFlushedBeforeARename) {
    auto noting = std::make_shared<Noting>();
    auto files = flush_names_first(noting);
    EXPECT_TRUE(files->RenameFile("/db/000005.dbtmp", "/db/CURRENT", {}, nullptr).ok());
    EXPECT_THAT(noting->asked,
                testing::ElementsAre("flush /db", "rename /db/000005.dbtmp /db/CURRENT"));
    noting->flushes = IOStatus::IOError("test");
    EXPECT_TRUE(files->RenameFile("/db/000005.dbtmp", "/db/CURRENT", {}, nullptr).IsIOError());
    EXPECT_EQ(noting->asked.size(), 3u);
}

}  // namespace
}  // namespace rook::store
