#include "store/embedded/names_first.h"

#include <rocksdb/file_system.h>

#include "base/files.h"

namespace rook::store {
namespace {

class NamesFirst final : public rocksdb::FileSystemWrapper {
public:
    using FileSystemWrapper::FileSystemWrapper;
    const char* Name() const override { return "NamesFirst"; }

    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override {
        std::unique_ptr<rocksdb::FSDirectory> folder;
        auto status = target()->NewDirectory(parent_dir(to), options, &folder, debug);
        if (status.ok()) status = folder->Fsync(options, debug);
        if (!status.ok()) return status;
        return target()->RenameFile(from, to, options, debug);
    }
};

}  // namespace

std::shared_ptr<rocksdb::FileSystem> flush_names_first(
    std::shared_ptr<rocksdb::FileSystem> beneath) {
    return std::make_shared<NamesFirst>(std::move(beneath));
}

}  // namespace rook::store
