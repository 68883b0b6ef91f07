// The folder that is forgotten and fails: what calls.cpp puts beneath the program's file calls.
//
// From the environment: FORGETFUL_FOLDER, an absolute path: what is below it is watched;
// FORGETFUL_JOURNAL: where what is not durable is noted (journal.h), and beside it, in
// JOURNAL.graves, what was removed; FORGETFUL_FAULTS: the page on which faults.py orders faults;
// FORGETFUL_LIES: fsync and fdatasync answer 0 and do nothing, which the proofs must find.
// Errors are errno, as of the calls. Threads: any.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "crash/disk/journal.h"

namespace forgetful {

// What can be told to fail. faults.py has the same list.
enum class Class : std::uint32_t { None, Open, Read, Write, Sync, Rename, Remove, Reserve, Fd };

// A page that the driver maps too. While `what` is a class, its calls are counted down; those from
// the one that finds `before` at 0 fail, `times` of them.
struct Order {
    std::atomic<Class> what;
    std::atomic<std::int32_t> error;  // an errno; 0: a write takes half of its bytes
    std::atomic<std::int64_t> before, times;
    std::atomic<std::uint64_t> hits;
};
constexpr int kOrders = 2;
static_assert(sizeof(Order) == 32);

class Disk {
public:
    static Disk& get();

    bool watches(const char* path) const;
    bool watches(int fd) const;

    // Whether this call is to fail, and with what: errno is set then.
    bool fails(Class what);

    int open(const char* path, int flags, mode_t mode);
    int close(int fd);
    ssize_t write(int fd, const void* data, std::size_t n, const off_t* at);
    int truncate(int fd, off_t size);
    int reserve(int fd, int mode, off_t at, off_t n);
    int sync(int fd, long call);
    int rename(const char* from, const char* to);
    int remove(const char* path);
    int link(const char* from, const char* to);
    int make_dir(const char* path, mode_t mode);

private:
    Disk();
    void map_orders(const char* path);
    Order* due(Class what);
    void resized(int fd, const struct stat& before, off_t size);
    void named(const char* path);
    void bury(const char* path, const struct stat& who);
    void called_off(std::uint64_t record);
    void flushed(int fd, Kind kind, std::uint64_t until);

    static constexpr int kFds = 1 << 16;
    std::string folder_, graves_;
    bool lies_ = false;
    std::mutex mutex_;
    std::unique_ptr<Journal> journal_;
    Order* orders_ = nullptr;
    std::array<std::atomic<bool>, kFds> watched_{};
};

}  // namespace forgetful
