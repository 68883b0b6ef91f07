#include "crash/disk/disk.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <vector>

namespace forgetful {
namespace {

// The calls themselves: the C library's functions of these names are ours.
template <class... Args>
long call(long number, Args... args) {
    return ::syscall(number, args...);
}

std::string_view folder_of(std::string_view path) { return path.substr(0, path.rfind('/')); }
std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::uint64_t inode_of(std::string_view path) {
    struct stat info;
    if (::stat(std::string(path).c_str(), &info) != 0) give_up("stat", std::string(path).c_str());
    return info.st_ino;
}

// Through a descriptor of its own: the program's may be for writing only.
std::string bytes_of(int fd, off_t at, std::size_t n) {
    auto path = "/proc/self/fd/" + std::to_string(fd);
    int own = static_cast<int>(call(SYS_openat, AT_FDCWD, path.c_str(), O_RDONLY | O_CLOEXEC, 0));
    std::string bytes(n, '\0');
    if (own < 0 || call(SYS_pread64, own, bytes.data(), n, at) != static_cast<long>(n)) {
        give_up("read what is overwritten", path.c_str());
    }
    call(SYS_close, own);
    return bytes;
}

}  // namespace

Disk& Disk::get() {
    // Never destroyed: files are closed to the very end.
    static Disk* disk = new Disk;
    return *disk;
}

Disk::Disk() {
    const char* folder = std::getenv("FORGETFUL_FOLDER");
    if (!folder) return;
    folder_ = folder;
    lies_ = std::getenv("FORGETFUL_LIES") != nullptr;
    if (const char* journal = std::getenv("FORGETFUL_JOURNAL")) {
        graves_ = std::string(journal) + ".graves/";
        if (call(SYS_mkdir, graves_.c_str(), 0700) != 0 && errno != EEXIST) {
            give_up("mkdir", graves_.c_str());
        }
        journal_ = std::make_unique<Journal>(journal);
    }
    if (const char* orders = std::getenv("FORGETFUL_FAULTS")) map_orders(orders);
}

void Disk::map_orders(const char* path) {
    long fd = call(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    long page = fd < 0 ? -1
                       : call(SYS_mmap, nullptr, sizeof(Order) * kOrders, PROT_READ | PROT_WRITE,
                              MAP_SHARED, fd, 0L);
    if (page == -1) give_up("the page of orders", path);
    call(SYS_close, fd);
    orders_ = reinterpret_cast<Order*>(page);
}

bool Disk::watches(const char* path) const {
    std::string_view text(path);
    return !folder_.empty() && text.starts_with(folder_) &&
           (text.size() == folder_.size() || text[folder_.size()] == '/');
}

bool Disk::watches(int fd) const {
    return fd >= 0 && fd < kFds && watched_[static_cast<std::size_t>(fd)];
}

Order* Disk::due(Class what) {
    for (auto* order = orders_; order && order < orders_ + kOrders; ++order) {
        if (order->what != what) continue;
        if (order->before.fetch_sub(1) > 0 || order->times.fetch_sub(1) <= 0) continue;
        ++order->hits;
        return order;
    }
    return nullptr;
}

bool Disk::fails(Class what) {
    auto* order = due(what);
    if (!order || order->error == 0) return false;
    errno = order->error;
    return true;
}

// A name that was made.
void Disk::named(const char* path) {
    journal_->add(
        {.kind = Kind::Create, .inode = inode_of(path), .folder = inode_of(folder_of(path))},
        name_of(path));
}

// A second name for what loses its own, so that it can come back.
void Disk::bury(const char* path, const struct stat& who) {
    auto grave = graves_ + std::to_string(who.st_ino);
    if (call(SYS_link, path, grave.c_str()) != 0 && errno != EEXIST) give_up("link", grave.c_str());
}

void Disk::called_off(std::uint64_t record) {
    int error = errno;
    journal_->add({.kind = Kind::Cancel, .at = record});
    errno = error;
}

int Disk::open(const char* path, int flags, mode_t mode) {
    if ((flags & O_TMPFILE) == O_TMPFILE) give_up("O_TMPFILE is not known here", path);
    if (fails(Class::Open)) return -1;
    std::lock_guard lock(mutex_);
    struct stat before{};
    bool is_new = (flags & O_CREAT) != 0 && ::stat(path, &before) != 0;
    bool truncates = (flags & O_TRUNC) != 0 && !is_new;
    int fd = static_cast<int>(
        call(SYS_openat, AT_FDCWD, path, truncates ? flags & ~O_TRUNC : flags, mode));
    if (fd < 0) return fd;
    if (fd >= kFds) give_up("too many descriptors", path);
    watched_[static_cast<std::size_t>(fd)] = true;
    if (is_new && journal_) named(path);
    if (truncates) {
        ::fstat(fd, &before);
        if (journal_) resized(fd, before, 0);
        call(SYS_ftruncate, fd, 0);
    }
    return fd;
}

int Disk::close(int fd) {
    watched_[static_cast<std::size_t>(fd)] = false;
    return static_cast<int>(call(SYS_close, fd));
}

ssize_t Disk::write(int fd, const void* data, std::size_t n, const off_t* at) {
    if (auto* order = due(Class::Write)) {
        if (order->error != 0) {
            errno = order->error;
            return -1;
        }
        n -= n / 2;
    }
    std::lock_guard lock(mutex_);
    std::uint64_t record = 0;
    if (journal_) {
        struct stat info;
        ::fstat(fd, &info);
        bool appends = (call(SYS_fcntl, fd, F_GETFL) & O_APPEND) != 0;
        off_t from = at ? *at : appends ? info.st_size : call(SYS_lseek, fd, 0, SEEK_CUR);
        std::string undo;
        if (from < info.st_size) {
            auto most = static_cast<std::size_t>(info.st_size - from);
            undo = bytes_of(fd, from, std::min(n, most));
        }
        record = journal_->add({.kind = Kind::Write,
                                .inode = info.st_ino,
                                .at = static_cast<std::uint64_t>(from),
                                .length = n,
                                .size_before = static_cast<std::uint64_t>(info.st_size)},
                               {}, {}, undo);
    }
    auto written = at ? call(SYS_pwrite64, fd, data, n, *at) : call(SYS_write, fd, data, n);
    if (written < 0 && journal_) called_off(record);
    return written;
}

void Disk::resized(int fd, const struct stat& before, off_t size) {
    if (size == before.st_size) return;
    std::string undo;
    if (size < before.st_size) {
        undo = bytes_of(fd, size, static_cast<std::size_t>(before.st_size - size));
    }
    journal_->add({.kind = Kind::Resize,
                   .inode = before.st_ino,
                   .at = static_cast<std::uint64_t>(size),
                   .size_before = static_cast<std::uint64_t>(before.st_size)},
                  {}, {}, undo);
}

int Disk::truncate(int fd, off_t size) {
    if (fails(Class::Write)) return -1;
    std::lock_guard lock(mutex_);
    struct stat before;
    ::fstat(fd, &before);
    if (journal_) resized(fd, before, size);
    return static_cast<int>(call(SYS_ftruncate, fd, size));
}

int Disk::reserve(int fd, int mode, off_t at, off_t n) {
    if (fails(Class::Reserve)) return -1;
    std::lock_guard lock(mutex_);
    struct stat before;
    ::fstat(fd, &before);
    // Giving back what was reserved behind the end changes nothing.
    bool gives_back = mode == (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE) && at >= before.st_size;
    if ((mode & ~FALLOC_FL_KEEP_SIZE) != 0 && !gives_back) give_up("a way of fallocate", "");
    auto done = static_cast<int>(call(SYS_fallocate, fd, mode, at, n));
    if (done == 0 && mode == 0 && journal_) {
        resized(fd, before, std::max(before.st_size, at + n));
    }
    return done;
}

void Disk::flushed(int fd, Kind kind, std::uint64_t until) {
    struct stat info;
    ::fstat(fd, &info);
    std::lock_guard lock(mutex_);
    journal_->add({.kind = kind, .inode = info.st_ino, .at = until});
}

int Disk::sync(int fd, long number) {
    if (lies_) return 0;
    std::uint64_t until = 0;
    if (journal_) {
        std::lock_guard lock(mutex_);
        until = journal_->end();
    }
    if (fails(Class::Sync)) {
        int error = errno;
        if (journal_) flushed(fd, Kind::Spoil, until);
        errno = error;
        return -1;
    }
    auto done = static_cast<int>(call(number, fd));
    if (done == 0 && journal_) flushed(fd, Kind::Sync, until);
    return done;
}

int Disk::rename(const char* from, const char* to) {
    if (fails(Class::Rename)) return -1;
    std::lock_guard lock(mutex_);
    struct stat who{}, replaced{};
    std::uint64_t record = 0;
    if (journal_ && ::lstat(from, &who) == 0) {
        if (::lstat(to, &replaced) == 0 && !S_ISDIR(replaced.st_mode)) bury(to, replaced);
        record = journal_->add({.kind = Kind::Rename,
                                .inode = who.st_ino,
                                .folder = inode_of(folder_of(from)),
                                .folder2 = inode_of(folder_of(to)),
                                .replaced = replaced.st_ino},
                               name_of(from), name_of(to));
    }
    auto done = static_cast<int>(call(SYS_rename, from, to));
    if (done != 0 && record != 0) called_off(record);
    return done;
}

int Disk::remove(const char* path) {
    if (fails(Class::Remove)) return -1;
    std::lock_guard lock(mutex_);
    struct stat who;
    std::uint64_t record = 0;
    if (journal_ && ::lstat(path, &who) == 0 && !S_ISDIR(who.st_mode)) {
        bury(path, who);
        record = journal_->add(
            {.kind = Kind::Remove, .inode = who.st_ino, .folder = inode_of(folder_of(path))},
            name_of(path));
    }
    auto done = static_cast<int>(call(SYS_unlink, path));
    if (done != 0 && record != 0) called_off(record);
    return done;
}

int Disk::link(const char* from, const char* to) {
    if (fails(Class::Rename)) return -1;
    std::lock_guard lock(mutex_);
    auto done = static_cast<int>(call(SYS_link, from, to));
    if (done == 0 && journal_) named(to);
    return done;
}

int Disk::make_dir(const char* path, mode_t mode) {
    if (fails(Class::Open)) return -1;
    std::lock_guard lock(mutex_);
    auto done = static_cast<int>(call(SYS_mkdir, path, mode));
    if (done == 0 && journal_) named(path);
    return done;
}

}  // namespace forgetful
