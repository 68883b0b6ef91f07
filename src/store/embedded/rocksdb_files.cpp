#include "store/embedded/rocksdb_files.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/system_clock.h>

#include <cstring>
#include <thread>

namespace rook::store {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

IOStatus to_status(const Error& error) {
    switch (error.why) {
        case Why::NotFound:
            return IOStatus::PathNotFound(error.detail);
        case Why::NoSpace:
            return IOStatus::NoSpace(error.detail);
        default:
            return IOStatus::IOError(error.detail);
    }
}

IOStatus to_status(const Result<>& result) {
    return result ? IOStatus::OK() : to_status(result.error());
}

template <class T, class Out>
IOStatus give(Result<T> result, Out* out) {
    if (!result) return to_status(result.error());
    *out = *std::move(result);
    return IOStatus::OK();
}

IOStatus read_into(const ReadFile& file, std::uint64_t offset, std::size_t n, Slice* result,
                   char* scratch) {
    auto bytes = file.read(offset, n);
    if (!bytes) return to_status(bytes.error());
    std::memcpy(scratch, bytes->data(), bytes->size());
    *result = Slice(scratch, bytes->size());
    return IOStatus::OK();
}

class Sequential final : public rocksdb::FSSequentialFile {
public:
    explicit Sequential(std::unique_ptr<ReadFile> file) : file_(std::move(file)) {}
    IOStatus Read(std::size_t n, const IOOptions&, Slice* result, char* scratch,
                  IODebugContext*) override {
        auto status = read_into(*file_, at_, n, result, scratch);
        if (status.ok()) at_ += result->size();
        return status;
    }
    IOStatus Skip(std::uint64_t n) override {
        at_ += n;
        return IOStatus::OK();
    }
    IOStatus InvalidateCache(std::size_t, std::size_t) override { return IOStatus::OK(); }

private:
    std::unique_ptr<ReadFile> file_;
    std::uint64_t at_ = 0;
};

class RandomAccess final : public rocksdb::FSRandomAccessFile {
public:
    explicit RandomAccess(std::unique_ptr<ReadFile> file) : file_(std::move(file)) {}
    IOStatus Read(std::uint64_t offset, std::size_t n, const IOOptions&, Slice* result,
                  char* scratch, IODebugContext*) const override {
        return read_into(*file_, offset, n, result, scratch);
    }
    IOStatus Prefetch(std::uint64_t, std::size_t, const IOOptions&, IODebugContext*) override {
        return IOStatus::OK();
    }
    IOStatus InvalidateCache(std::size_t, std::size_t) override { return IOStatus::OK(); }

private:
    std::unique_ptr<ReadFile> file_;
};

class Writable final : public rocksdb::FSWritableFile {
public:
    explicit Writable(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}

    using FSWritableFile::Append;
    IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
        return to_status(file_->append(data.ToStringView()));
    }
    IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
        return size == file_->size() ? IOStatus::OK() : to_status(file_->truncate(size));
    }
    IOStatus Close(const IOOptions&, IODebugContext*) override { return to_status(file_->close()); }
    // Hands buffers to the system; append() has done that.
    IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
    IOStatus Sync(const IOOptions&, IODebugContext*) override { return to_status(file_->sync()); }
    // Only a hint to begin writing; not relied upon.
    IOStatus RangeSync(std::uint64_t, std::uint64_t, const IOOptions&, IODebugContext*) override {
        return IOStatus::OK();
    }
    std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override { return file_->size(); }

private:
    std::unique_ptr<AppendFile> file_;
};

class Folder final : public rocksdb::FSDirectory {
public:
    Folder(Files& files, std::string path) : files_(files), path_(std::move(path)) {}
    IOStatus Fsync(const IOOptions&, IODebugContext*) override {
        return to_status(files_.sync_dir(path_));
    }
    IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

private:
    Files& files_;
    std::string path_;
};

class HeldLock final : public rocksdb::FileLock {
public:
    explicit HeldLock(std::unique_ptr<rook::FileLock> lock) : lock_(std::move(lock)) {}

private:
    std::unique_ptr<rook::FileLock> lock_;
};

class RocksdbFiles final : public rocksdb::FileSystem {
public:
    explicit RocksdbFiles(Files& files) : files_(files) {}
    const char* Name() const override { return "RookeryFiles"; }

    IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                               std::unique_ptr<rocksdb::FSSequentialFile>* result,
                               IODebugContext*) override {
        auto file = files_.open_read(path);
        if (!file) return to_status(file.error());
        *result = std::make_unique<Sequential>(*std::move(file));
        return IOStatus::OK();
    }
    IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&,
                                 std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                 IODebugContext*) override {
        auto file = files_.open_read(path);
        if (!file) return to_status(file.error());
        *result = std::make_unique<RandomAccess>(*std::move(file));
        return IOStatus::OK();
    }
    IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>* result,
                             IODebugContext*) override {
        return open_writable(path, Files::Begin::Empty, result);
    }
    IOStatus ReopenWritableFile(const std::string& path, const FileOptions&,
                                std::unique_ptr<rocksdb::FSWritableFile>* result,
                                IODebugContext*) override {
        return open_writable(path, Files::Begin::AtEnd, result);
    }
    IOStatus NewDirectory(const std::string& path, const IOOptions&,
                          std::unique_ptr<rocksdb::FSDirectory>* result, IODebugContext*) override {
        bool is_dir = false;
        auto status = give(files_.is_dir(path), &is_dir);
        if (!status.ok()) return status;
        *result = std::make_unique<Folder>(files_, path);
        return IOStatus::OK();
    }

    IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
        bool is_there = false;
        auto status = give(files_.exists(path), &is_there);
        return !status.ok() || is_there ? status : IOStatus::NotFound(path);
    }
    IOStatus GetChildren(const std::string& path, const IOOptions&,
                         std::vector<std::string>* result, IODebugContext*) override {
        return give(files_.list(path), result);
    }
    IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
        return to_status(files_.remove(path));
    }
    IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override {
        return to_status(files_.make_dir(path));
    }
    IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&,
                                IODebugContext*) override {
        return to_status(files_.make_dir(path));
    }
    IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
        return to_status(files_.remove_dir(path));
    }
    IOStatus GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* size,
                         IODebugContext*) override {
        return give(files_.size(path), size);
    }
    IOStatus GetFileModificationTime(const std::string& path, const IOOptions&, std::uint64_t* time,
                                     IODebugContext*) override {
        return give(files_.modified(path), time);
    }
    IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&,
                        IODebugContext*) override {
        return to_status(files_.rename(from, to));
    }
    IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock,
                      IODebugContext*) override {
        auto held = files_.lock(path);
        if (!held) return to_status(held.error());
        *lock = new HeldLock(*std::move(held));  // RocksDB gives it back to UnlockFile
        return IOStatus::OK();
    }
    IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
        delete lock;
        return IOStatus::OK();
    }
    IOStatus GetTestDirectory(const IOOptions&, std::string*, IODebugContext*) override {
        return IOStatus::NotSupported("GetTestDirectory");
    }
    IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* result,
                             IODebugContext*) override {
        *result = path;
        return IOStatus::OK();
    }
    IOStatus GetFreeSpace(const std::string& path, const IOOptions&, std::uint64_t* free,
                          IODebugContext*) override {
        return give(files_.free_space(path), free);
    }
    IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is_dir,
                         IODebugContext*) override {
        return give(files_.is_dir(path), is_dir);
    }

private:
    IOStatus open_writable(const std::string& path, Files::Begin begin,
                           std::unique_ptr<rocksdb::FSWritableFile>* result) {
        auto file = files_.open_append(path, begin);
        if (!file) return to_status(file.error());
        *result = std::make_unique<Writable>(*std::move(file));
        return IOStatus::OK();
    }

    Files& files_;
};

class NoSleep final : public rocksdb::SystemClockWrapper {
public:
    NoSleep() : SystemClockWrapper(rocksdb::SystemClock::Default()) {}
    const char* Name() const override { return "NoSleep"; }
    void SleepForMicroseconds(int) override { std::this_thread::yield(); }
};

class FilesEnv final : public rocksdb::EnvWrapper {
public:
    explicit FilesEnv(Files& files)
        : EnvWrapper(rocksdb::NewCompositeEnv(std::make_shared<RocksdbFiles>(files))) {
        system_clock_ = std::make_shared<NoSleep>();
    }
    const char* Name() const override { return "RookeryEnv"; }
};

}  // namespace

std::unique_ptr<rocksdb::Env> make_rocksdb_env(Files& files) {
    return std::make_unique<FilesEnv>(files);
}

}  // namespace rook::store
