// The C library's file calls, with the forgetful disk beneath those of its folder. Preloaded:
// LD_PRELOAD=libforgetful_disk.so. What would get past it ends the process instead: a proof that
// does not see a write proves nothing.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "crash/disk/disk.h"

using forgetful::Class;
using forgetful::Disk;
using forgetful::give_up;

namespace {

int opened(int folder, const char* path, int flags, mode_t mode) {
    if (Disk::get().watches(path)) return Disk::get().open(path, flags, mode);
    return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode));
}

void refuse(const char* what, int fd) {
    if (Disk::get().watches(fd)) give_up("it does not know this call", what);
}

// The number of a call that makes a descriptor of no file.
template <class... Args>
int descriptor(long number, Args... args) {
    if (Disk::get().fails(Class::Fd)) return -1;
    return static_cast<int>(::syscall(number, args...));
}

mode_t mode_of(int flags, va_list more) {
    return (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(more, mode_t) : 0;
}

std::FILE* opened_stream(const char* name, const char* path, const char* mode) {
    if (std::strpbrk(mode, "wa+") && Disk::get().watches(path)) give_up(name, path);
    using Open = std::FILE* (*)(const char*, const char*);
    return reinterpret_cast<Open>(::dlsym(RTLD_NEXT, name))(path, mode);
}

}  // namespace

#pragma clang diagnostic ignored "-Wmissing-prototypes"

extern "C" {

int open(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    auto mode = mode_of(flags, more);
    va_end(more);
    return opened(AT_FDCWD, path, flags, mode);
}
int open64(const char* path, int flags, ...) __attribute__((alias("open")));

int openat(int folder, const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    auto mode = mode_of(flags, more);
    va_end(more);
    refuse("openat", folder);
    return opened(folder, path, flags, mode);
}
int openat64(int folder, const char* path, int flags, ...) __attribute__((alias("openat")));

int creat(const char* path, mode_t mode) {
    return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int close(int fd) {
    if (Disk::get().watches(fd)) return Disk::get().close(fd);
    return static_cast<int>(::syscall(SYS_close, fd));
}

ssize_t write(int fd, const void* data, std::size_t n) {
    if (Disk::get().watches(fd)) return Disk::get().write(fd, data, n, nullptr);
    return ::syscall(SYS_write, fd, data, n);
}

ssize_t pwrite(int fd, const void* data, std::size_t n, off_t at) {
    if (Disk::get().watches(fd)) return Disk::get().write(fd, data, n, &at);
    return ::syscall(SYS_pwrite64, fd, data, n, at);
}
ssize_t pwrite64(int fd, const void* data, std::size_t n, off_t at)
    __attribute__((alias("pwrite")));

ssize_t pread(int fd, void* data, std::size_t n, off_t at) {
    if (Disk::get().watches(fd) && Disk::get().fails(Class::Read)) return -1;
    return ::syscall(SYS_pread64, fd, data, n, at);
}
ssize_t pread64(int fd, void* data, std::size_t n, off_t at) __attribute__((alias("pread")));

int ftruncate(int fd, off_t size) noexcept {
    if (Disk::get().watches(fd)) return Disk::get().truncate(fd, size);
    return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}
int ftruncate64(int fd, off_t size) noexcept __attribute__((alias("ftruncate")));

int fallocate(int fd, int mode, off_t at, off_t n) {
    if (Disk::get().watches(fd)) return Disk::get().reserve(fd, mode, at, n);
    return static_cast<int>(::syscall(SYS_fallocate, fd, mode, at, n));
}
int fallocate64(int fd, int mode, off_t at, off_t n) __attribute__((alias("fallocate")));

// Says what failed by its value.
int posix_fallocate(int fd, off_t at, off_t n) { return fallocate(fd, 0, at, n) == 0 ? 0 : errno; }
int posix_fallocate64(int fd, off_t at, off_t n) __attribute__((alias("posix_fallocate")));

int fsync(int fd) {
    if (Disk::get().watches(fd)) return Disk::get().sync(fd, SYS_fsync);
    return static_cast<int>(::syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
    if (Disk::get().watches(fd)) return Disk::get().sync(fd, SYS_fdatasync);
    return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

// sync_file_range promises nothing of what it wrote after a power cut, and is left alone.

int rename(const char* from, const char* to) noexcept {
    if (Disk::get().watches(to)) return Disk::get().rename(from, to);
    return static_cast<int>(::syscall(SYS_rename, from, to));
}

int unlink(const char* path) noexcept {
    if (Disk::get().watches(path)) return Disk::get().remove(path);
    return static_cast<int>(::syscall(SYS_unlink, path));
}

int link(const char* from, const char* to) noexcept {
    if (Disk::get().watches(to)) return Disk::get().link(from, to);
    return static_cast<int>(::syscall(SYS_link, from, to));
}

int mkdir(const char* path, mode_t mode) noexcept {
    if (Disk::get().watches(path)) return Disk::get().make_dir(path, mode);
    return static_cast<int>(::syscall(SYS_mkdir, path, mode));
}

int accept(int fd, sockaddr* address, socklen_t* n) {
    return descriptor(SYS_accept, fd, address, n);
}
int accept4(int fd, sockaddr* address, socklen_t* n, int flags) {
    return descriptor(SYS_accept4, fd, address, n, flags);
}
int socket(int domain, int type, int protocol) noexcept {
    return descriptor(SYS_socket, domain, type, protocol);
}
int pipe(int fds[2]) noexcept { return descriptor(SYS_pipe, fds); }
int pipe2(int fds[2], int flags) noexcept { return descriptor(SYS_pipe2, fds, flags); }
int eventfd(unsigned start, int flags) noexcept { return descriptor(SYS_eventfd2, start, flags); }
int epoll_create1(int flags) noexcept { return descriptor(SYS_epoll_create1, flags); }
int timerfd_create(int clock, int flags) noexcept {
    return descriptor(SYS_timerfd_create, clock, flags);
}

// ---- what would get past it

int dup(int fd) noexcept {
    refuse("dup", fd);
    return static_cast<int>(::syscall(SYS_dup, fd));
}
int dup2(int fd, int to) noexcept {
    refuse("dup2", fd);
    refuse("dup2", to);
    return static_cast<int>(::syscall(SYS_dup2, fd, to));
}
ssize_t writev(int fd, const iovec* parts, int n) {
    refuse("writev", fd);
    return ::syscall(SYS_writev, fd, parts, n);
}
ssize_t pwritev(int fd, const iovec* parts, int n, off_t at) {
    refuse("pwritev", fd);
    return ::syscall(SYS_pwritev, fd, parts, n, at, 0);
}
ssize_t copy_file_range(int from, off64_t* at, int to, off64_t* to_at, std::size_t n,
                        unsigned flags) {
    refuse("copy_file_range", to);
    return ::syscall(SYS_copy_file_range, from, at, to, to_at, n, flags);
}
ssize_t sendfile(int to, int from, off_t* at, std::size_t n) noexcept {
    refuse("sendfile", to);
    return ::syscall(SYS_sendfile, to, from, at, n);
}
void* mmap(void* where, std::size_t n, int protection, int flags, int fd, off_t at) noexcept {
    if ((protection & PROT_WRITE) != 0 && (flags & MAP_SHARED) != 0) refuse("mmap", fd);
    return reinterpret_cast<void*>(::syscall(SYS_mmap, where, n, protection, flags, fd, at));
}
int truncate(const char* path, off_t size) noexcept {
    if (Disk::get().watches(path)) give_up("truncate", path);
    return static_cast<int>(::syscall(SYS_truncate, path, size));
}
std::FILE* fopen(const char* path, const char* mode) { return opened_stream("fopen", path, mode); }
std::FILE* fopen64(const char* path, const char* mode) {
    return opened_stream("fopen64", path, mode);
}
}
