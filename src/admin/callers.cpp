#include "admin/callers.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "admin/verb_list.h"
#include "admin/wire.h"

namespace rook::admin {
namespace {

constexpr std::size_t kMaxAnswer = std::size_t{1} << 30;

class SocketCaller final : public Caller {
public:
    SocketCaller(int fd, Progress progress) : fd_(fd), progress_(std::move(progress)) {}
    ~SocketCaller() override { close(fd_); }
    SocketCaller(const SocketCaller&) = delete;
    SocketCaller& operator=(const SocketCaller&) = delete;

    Result<Json> call(std::string_view verb, const Json& args, const Pieces& input) override {
        auto out = call_line(verb, args, progress_ ? Tell::Progress : Tell::Answer);
        if (!input) {
            TRY(send(out));
            return await_answer();
        }
        // Small messages go in one write: a packet each way.
        while (auto piece = TRY(input())) {
            if (piece->empty()) continue;
            out += bytes_line(piece->size()) + *piece;
            if (out.size() < kEnough) continue;
            TRY(send(out));
            out.clear();
        }
        TRY(send(out + end_line()));
        return await_answer();
    }

    void progress(std::uint64_t done, std::uint64_t all) override {
        if (progress_) progress_(done, all);
    }

private:
    static constexpr std::size_t kEnough = 64 * 1024;

    Result<Json> await_answer() {
        for (;;) {
            auto line = TRY(read_line());
            auto progress = read_progress(line);
            if (!progress) return read_answer(line);
            this->progress(progress->done, progress->all);
        }
    }

    static std::unexpected<Error> gone() {
        return fail(Why::Busy, "The server closed the connection");
    }

    Result<> send(std::string_view bytes) {
        while (!bytes.empty()) {
            auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return gone();
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return {};
    }

    Result<std::string> read_line() {
        std::size_t searched = 0;
        for (;;) {
            auto end = in_.find('\n', searched);
            if (end != std::string::npos) {
                auto line = in_.substr(0, end);
                in_.erase(0, end + 1);
                return line;
            }
            searched = in_.size();
            if (in_.size() > kMaxAnswer) return fail(Why::TooBig, "The answer is too long");
            char more[64 * 1024];
            auto n = recv(fd_, more, sizeof more, 0);
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return gone();
            in_.append(more, static_cast<std::size_t>(n));
        }
    }

    int fd_;
    Progress progress_;
    std::string in_;
};

class LocalCaller final : public Caller {
public:
    LocalCaller(std::unique_ptr<Program::Opened> opened, Progress progress)
        : opened_(std::move(opened)), progress_(std::move(progress)) {}

    Result<Json> call(std::string_view name, const Json& args, const Pieces& input) override {
        auto* verb = find_verb(name);
        if (!verb) return fail(Why::Unsupported, fmt::format("There is no verb {}", name));
        auto& services = opened_->services();
        if (!verb->begin) return run_verb(*verb, services, args, progress_);
        auto sink = TRY(begin_verb(*verb, services, args));
        while (auto piece = TRY(input())) TRY(sink->write(*piece));
        return sink->finish();
    }

    void progress(std::uint64_t done, std::uint64_t all) override {
        if (progress_) progress_(done, all);
    }

private:
    std::unique_ptr<Program::Opened> opened_;
    Progress progress_;
};

}  // namespace

Result<std::unique_ptr<Caller>> connect_caller(const std::string& path, Progress progress) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    if (path.size() >= sizeof to.sun_path)
        return fail(Why::Cannot,
                    fmt::format("The path of the data folder is too long for a socket: {}", path));
    std::memcpy(to.sun_path, path.c_str(), path.size() + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return fail(Why::Io, "No socket can be made", std::strerror(errno));
    if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0)
        return std::make_unique<SocketCaller>(fd, std::move(progress));
    const int error = errno;
    close(fd);
    // The file of a server that was killed stays behind and refuses.
    if (error == ENOENT || error == ECONNREFUSED || error == ENOTDIR) return nullptr;
    if (error == EACCES || error == EPERM)
        return fail(Why::Denied,
                    fmt::format("You may not use {}: run this as the server's user", path));
    return fail(Why::Busy, fmt::format("{}: {}", path, std::strerror(error)));
}

std::unique_ptr<Caller> local_caller(std::unique_ptr<Program::Opened> opened, Progress progress) {
    return std::make_unique<LocalCaller>(std::move(opened), std::move(progress));
}

}  // namespace rook::admin
