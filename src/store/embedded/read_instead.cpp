#include "store/embedded/read_instead.h"

#include <rocksdb/file_system.h>

#include <utility>

namespace rook::store {
namespace {

class ReadInstead final : public rocksdb::FileSystemWrapper {
public:
    ReadInstead(std::shared_ptr<rocksdb::FileSystem> beneath, std::string file, std::string other)
        : FileSystemWrapper(std::move(beneath)), file_(std::move(file)), other_(std::move(other)) {}
    const char* Name() const override { return "ReadInstead"; }

    rocksdb::IOStatus NewSequentialFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                        rocksdb::IODebugContext* debug) override {
        return target()->NewSequentialFile(path == file_ ? other_ : path, options, file, debug);
    }
    rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions& options,
                                  std::uint64_t* size, rocksdb::IODebugContext* debug) override {
        return target()->GetFileSize(path == file_ ? other_ : path, options, size, debug);
    }

private:
    const std::string file_, other_;
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> read_instead(std::shared_ptr<rocksdb::FileSystem> beneath,
                                                  std::string file, std::string other) {
    return std::make_shared<ReadInstead>(std::move(beneath), std::move(file), std::move(other));
}

}  // namespace rook::store
