// Files behind an interface, so that tests can lose power, fill the disk and fail the k-th call
// (simulated_files.h).
//
// Only what a store needs: files are read at an offset and written at their end. Nothing is durable
// before sync(), and a new name not before sync_dir() of its folder as well.
// Threads: Files any; an AppendFile one at a time, a ReadFile any.
// Errors:  NotFound, Exists, Denied, NoSpace, Busy (the lock), Io for the rest. The detail names
// the
//          path and the system's words; `said` never does.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rook {

class ReadFile {
public:
    virtual ~ReadFile() = default;
    // Up to `n` bytes from `offset`; fewer only at the end of the file.
    virtual Result<std::string> read(std::uint64_t offset, std::size_t n) const = 0;
};

class AppendFile {
public:
    virtual ~AppendFile() = default;
    virtual Result<> append(std::string_view) = 0;
    // The bytes are on the disk. After an error nothing may be assumed of any of them.
    virtual Result<> sync() = 0;
    virtual Result<> truncate(std::uint64_t size) = 0;
    virtual std::uint64_t size() const = 0;
    // The destructor closes too, but cannot say what failed.
    virtual Result<> close() = 0;
};

// Held until destroyed; the system drops it when the process ends, however it ends.
class FileLock {
public:
    virtual ~FileLock() = default;
};

class Files {
public:
    virtual ~Files() = default;

    enum class Begin : std::uint8_t { Empty, AtEnd };
    virtual Result<std::unique_ptr<ReadFile>> open_read(const std::string& path) = 0;
    // Makes the file if it is not there.
    virtual Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, Begin) = 0;

    virtual Result<bool> exists(const std::string& path) = 0;
    virtual Result<bool> is_dir(const std::string& path) = 0;
    virtual Result<std::uint64_t> size(const std::string& path) = 0;
    // Seconds since 1970.
    virtual Result<std::int64_t> modified(const std::string& path) = 0;
    // Names without their folder, in no order, without "." and "..".
    virtual Result<std::vector<std::string>> list(const std::string& dir) = 0;

    // Replaces `to`.
    virtual Result<> rename(const std::string& from, const std::string& to) = 0;
    virtual Result<> remove(const std::string& path) = 0;
    // With mode 0700. Fine if it is there already.
    virtual Result<> make_dir(const std::string& path) = 0;
    virtual Result<> remove_dir(const std::string& path) = 0;
    // The names in the folder are on the disk.
    virtual Result<> sync_dir(const std::string& path) = 0;

    // Makes a file of `bytes` bytes that really takes its room on the disk.
    virtual Result<> reserve(const std::string& path, std::uint64_t bytes) = 0;
    // What this process may still write on the disk that holds `path`.
    virtual Result<std::uint64_t> free_space(const std::string& path) = 0;

    // Busy when anybody, this process included, holds it; the detail is what that holder wrote.
    virtual Result<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;

    // The whole file.
    Result<std::string> load(const std::string& path);
    // Puts the whole file in place of an old one, durably: a power cut leaves the one or the other.
    Result<> replace(const std::string& path, std::string_view content);
};

// The operating system's.
std::unique_ptr<Files> make_system_files();

// The folder of a path ("." for a bare name).
std::string parent_dir(const std::string& path);

// What a failed system call means; `number` is an errno.
std::unexpected<Error> file_error(const char* call, const std::string& path, int number,
                                  std::source_location where = std::source_location::current());

}  // namespace rook
