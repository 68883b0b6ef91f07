#include "crash/disk/journal.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace forgetful {
namespace {

// Only what is used takes room.
constexpr std::uint64_t kMost = 4ull << 30;

}  // namespace

void give_up(const char* what, const char* path) {
    std::fprintf(stderr, "forgetful disk: %s: %s: %s\n", what, path, std::strerror(errno));
    std::abort();
}

Journal::Journal(const std::string& path) {
    // The calls themselves: the functions are those of calls.cpp here.
    int flags = O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC;
    int fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path.c_str(), flags, 0600));
    if (fd < 0 || ::syscall(SYS_ftruncate, fd, kMost) != 0) give_up("the journal", path.c_str());
    auto base = ::syscall(SYS_mmap, nullptr, kMost, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L);
    if (base == -1) give_up("the journal", path.c_str());
    ::syscall(SYS_close, fd);
    base_ = reinterpret_cast<char*>(base);
    std::memcpy(base_, &end_, sizeof end_);
}

std::uint64_t Journal::add(Record record, std::string_view name, std::string_view name2,
                           std::string_view undo) {
    record.name_bytes = static_cast<std::uint16_t>(name.size());
    record.name2_bytes = static_cast<std::uint16_t>(name2.size());
    record.undo_bytes = static_cast<std::uint32_t>(undo.size());
    auto bytes = (sizeof record + name.size() + name2.size() + undo.size() + 7) / 8 * 8;
    if (end_ + bytes > kMost) give_up("the journal is full", "");
    record.bytes = static_cast<std::uint32_t>(bytes);
    char* to = base_ + end_;
    std::memcpy(to, &record, sizeof record);
    to += sizeof record;
    for (auto part : {name, name2, undo}) {
        std::memcpy(to, part.data(), part.size());
        to += part.size();
    }
    auto place = end_;
    end_ += bytes;
    // A kill between leaves the record out, and its call was not made.
    std::atomic_ref(*reinterpret_cast<std::uint64_t*>(base_)).store(end_);
    return place;
}

}  // namespace forgetful
