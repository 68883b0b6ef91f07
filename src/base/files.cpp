#include "base/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace rook {
namespace {

std::unexpected<Error> os_error(const char* call, const std::string& path, int number = errno,
                                std::source_location where = std::source_location::current()) {
    return file_error(call, path, number, where);
}

// Goes on after a signal.
template <class Call>
auto again(Call call) {
    decltype(call()) result;
    do {
        result = call();
    } while (result == -1 && errno == EINTR);
    return result;
}

// Owns a descriptor.
class Fd {
public:
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Fd& operator=(Fd&&) = delete;
    ~Fd() {
        if (fd_ >= 0) ::close(fd_);
    }
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

private:
    int fd_;
};

Result<Fd> open_fd(const std::string& path, int flags, mode_t mode = 0600) {
    int fd = again([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); });
    if (fd < 0) return os_error("open", path);
    return Fd(fd);
}

Result<struct stat> stat_of(const std::string& path) {
    struct stat info;
    if (::stat(path.c_str(), &info) != 0) return os_error("stat", path);
    return info;
}

class SystemReadFile final : public ReadFile {
public:
    SystemReadFile(Fd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
    Result<std::string> read(std::uint64_t offset, std::size_t n) const override {
        std::string out(n, '\0');
        std::size_t have = 0;
        while (have < n) {
            auto got = again([&] {
                return ::pread(fd_.get(), out.data() + have, n - have,
                               static_cast<off_t>(offset + have));
            });
            if (got < 0) return os_error("read", path_);
            if (got == 0) break;
            have += static_cast<std::size_t>(got);
        }
        out.resize(have);
        return out;
    }

private:
    Fd fd_;
    std::string path_;
};

class SystemAppendFile final : public AppendFile {
public:
    SystemAppendFile(Fd fd, std::string path, std::uint64_t size)
        : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}

    Result<> append(std::string_view bytes) override {
        while (!bytes.empty()) {
            auto n = again([&] { return ::write(fd_.get(), bytes.data(), bytes.size()); });
            if (n < 0) return os_error("write", path_);
            bytes.remove_prefix(static_cast<std::size_t>(n));
            size_ += static_cast<std::uint64_t>(n);
        }
        return {};
    }
    Result<> sync() override {
        if (again([&] { return ::fdatasync(fd_.get()); }) != 0) return os_error("sync", path_);
        return {};
    }
    Result<> truncate(std::uint64_t size) override {
        if (again([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
            return os_error("truncate", path_);
        }
        size_ = size;
        return {};
    }
    std::uint64_t size() const override { return size_; }
    Result<> close() override {
        // Not again after EINTR: on Linux the descriptor is gone then.
        int fd = fd_.release();
        if (fd >= 0 && ::close(fd) != 0 && errno != EINTR) return os_error("close", path_);
        return {};
    }

private:
    Fd fd_;
    std::string path_;
    std::uint64_t size_;
};

class SystemFileLock final : public FileLock {
public:
    explicit SystemFileLock(Fd fd) : fd_(std::move(fd)) {}

private:
    Fd fd_;
};

class SystemFiles final : public Files {
public:
    Result<std::unique_ptr<ReadFile>> open_read(const std::string& path) override {
        return std::make_unique<SystemReadFile>(TRY(open_fd(path, O_RDONLY)), path);
    }

    Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, Begin begin) override {
        auto fd = TRY(
            open_fd(path, O_WRONLY | O_CREAT | O_APPEND | (begin == Begin::Empty ? O_TRUNC : 0)));
        struct stat info;
        if (::fstat(fd.get(), &info) != 0) return os_error("stat", path);
        return std::make_unique<SystemAppendFile>(std::move(fd), path,
                                                  static_cast<std::uint64_t>(info.st_size));
    }

    Result<bool> exists(const std::string& path) override {
        auto info = stat_of(path);
        if (info) return true;
        if (info.error().why == Why::NotFound) return false;
        return std::unexpected(info.error());
    }
    Result<bool> is_dir(const std::string& path) override {
        return S_ISDIR(TRY(stat_of(path)).st_mode);
    }
    Result<std::uint64_t> size(const std::string& path) override {
        return static_cast<std::uint64_t>(TRY(stat_of(path)).st_size);
    }
    Result<std::int64_t> modified(const std::string& path) override {
        return static_cast<std::int64_t>(TRY(stat_of(path)).st_mtime);
    }

    Result<std::vector<std::string>> list(const std::string& dir) override {
        std::unique_ptr<DIR, int (*)(DIR*)> open(::opendir(dir.c_str()), ::closedir);
        if (!open) return os_error("list", dir);
        std::vector<std::string> names;
        for (errno = 0; auto* entry = ::readdir(open.get()); errno = 0) {
            std::string_view name = entry->d_name;
            if (name != "." && name != "..") names.emplace_back(name);
        }
        if (errno != 0) return os_error("list", dir);
        return names;
    }

    Result<> rename(const std::string& from, const std::string& to) override {
        if (::rename(from.c_str(), to.c_str()) != 0) return os_error("rename", from + " to " + to);
        return {};
    }
    Result<> remove(const std::string& path) override {
        if (::unlink(path.c_str()) != 0) return os_error("remove", path);
        return {};
    }
    Result<> make_dir(const std::string& path) override {
        if (::mkdir(path.c_str(), 0700) == 0) return {};
        int number = errno;
        if (number == EEXIST && is_dir(path).value_or(false)) return {};
        return os_error("make folder", path, number);
    }
    Result<> remove_dir(const std::string& path) override {
        if (::rmdir(path.c_str()) != 0) return os_error("remove folder", path);
        return {};
    }
    Result<> sync_dir(const std::string& path) override {
        auto fd = TRY(open_fd(path, O_RDONLY | O_DIRECTORY));
        if (again([&] { return ::fsync(fd.get()); }) != 0) return os_error("sync folder", path);
        return {};
    }

    Result<> reserve(const std::string& path, std::uint64_t bytes) override {
        auto fd = TRY(open_fd(path, O_WRONLY | O_CREAT));
        int error;
        do {
            error = ::posix_fallocate(fd.get(), 0,
                                      static_cast<off_t>(std::max<std::uint64_t>(bytes, 1)));
        } while (error == EINTR);
        if (error != 0) {
            // What it got is of no use and hurts where room is short.
            ::unlink(path.c_str());
            return os_error("reserve", path, error);
        }
        if (::ftruncate(fd.get(), static_cast<off_t>(bytes)) != 0) return os_error("reserve", path);
        return {};
    }
    Result<std::uint64_t> free_space(const std::string& path) override {
        struct statvfs info;
        if (::statvfs(path.c_str(), &info) != 0) return os_error("ask free space of", path);
        return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
    }

    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
        // flock, not fcntl: it belongs to the open file, so that a second store in this process is
        // refused too and closing another descriptor of the file does not drop it.
        auto fd = TRY(open_fd(path, O_RDWR | O_CREAT));
        if (again([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
            if (errno != EWOULDBLOCK) return os_error("lock", path);
            return fail(Why::Busy, "It is in use", load(path).value_or(""));
        }
        auto holder = fmt::format("process {}", ::getpid());
        if (::ftruncate(fd.get(), 0) != 0 ||
            ::pwrite(fd.get(), holder.data(), holder.size(), 0) < 0) {
            // Only a hint for people: a full disk must not keep the lock from us.
        }
        return std::make_unique<SystemFileLock>(std::move(fd));
    }
};

}  // namespace

Result<std::string> Files::load(const std::string& path) {
    auto file = TRY(open_read(path));
    std::string all;
    for (;;) {
        auto piece = TRY(file->read(all.size(), 64 * 1024));
        if (piece.empty()) return all;
        all += piece;
    }
}

Result<> Files::replace(const std::string& path, std::string_view content) {
    auto next = path + ".new";
    auto file = TRY(open_append(next, Begin::Empty));
    TRY(file->append(content));
    TRY(file->sync());
    TRY(file->close());
    TRY(rename(next, path));
    return sync_dir(parent_dir(path));
}

std::unique_ptr<Files> make_system_files() { return std::make_unique<SystemFiles>(); }

std::unexpected<Error> file_error(const char* call, const std::string& path, int number,
                                  std::source_location where) {
    auto detail = fmt::format("{} {}: {}", call, path, std::strerror(number));
    switch (number) {
        case ENOENT:
        case ENOTDIR:
            return fail(Why::NotFound, "A file is missing", detail, where);
        case EEXIST:
            return fail(Why::Exists, "A file is there already", detail, where);
        case EACCES:
        case EPERM:
        case EROFS:
            return fail(Why::Denied, "A file may not be used", detail, where);
        case ENOSPC:
        case EDQUOT:
            return fail(Why::NoSpace, "The server's disk is full", detail, where);
        default:
            return fail(Why::Io, "The server's disk failed", detail, where);
    }
}

std::string parent_dir(const std::string& path) {
    auto slash = path.find_last_of('/');
    if (slash == path.npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace rook
