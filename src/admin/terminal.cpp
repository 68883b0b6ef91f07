#include "admin/terminal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <utility>

namespace rook::admin {
namespace {

// /dev/tty without echo; as it was when it goes.
class QuietTerminal {
public:
    QuietTerminal() : fd_(open("/dev/tty", O_RDWR | O_CLOEXEC)) {
        if (fd_ < 0 || tcgetattr(fd_, &before_) != 0) return;
        auto quiet = before_;
        quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        is_quiet_ = tcsetattr(fd_, TCSAFLUSH, &quiet) == 0;
    }
    ~QuietTerminal() {
        if (is_quiet_) tcsetattr(fd_, TCSAFLUSH, &before_);
        if (fd_ >= 0) close(fd_);
    }
    QuietTerminal(const QuietTerminal&) = delete;
    QuietTerminal& operator=(const QuietTerminal&) = delete;

    bool is_quiet() const { return is_quiet_; }

    std::string ask(std::string_view question) {
        say(question);
        std::string line;
        char c = 0;
        while (read(fd_, &c, 1) == 1 && c != '\n') line += c;
        say("\n");
        return line;
    }

private:
    void say(std::string_view text) { (void)!write(fd_, text.data(), text.size()); }

    int fd_;
    termios before_{};
    bool is_quiet_ = false;
};

}  // namespace

bool is_terminal(int fd) { return isatty(fd) == 1; }

Result<std::string> ask_new_password() {
    QuietTerminal terminal;
    if (!terminal.is_quiet())
        return fail(Why::Cannot,
                    "There is no terminal to ask for the password: use "
                    "--password-stdin");
    auto first = terminal.ask("New password: ");
    if (first != terminal.ask("Again: ")) return fail(Why::BadSyntax, "The two are not the same");
    return first;
}

Result<std::string> read_password_line() {
    std::string line;
    if (!std::getline(std::cin, line))
        return fail(Why::BadSyntax, "There is no password on standard input");
    if (line.ends_with('\r')) line.pop_back();
    return line;
}

bool ask_yes(std::string_view question) {
    fmt::print(stderr, "{} [y/N] ", question);
    std::string line;
    return std::getline(std::cin, line) && (line == "y" || line == "Y" || line == "yes");
}

void ProgressBar::end() {
    if (std::exchange(is_drawn_, false)) fmt::print(stderr, "\n");
    last_percent_ = -1;
}

void ProgressBar::show(std::uint64_t done, std::uint64_t all) {
    if (all == 0 || !is_terminal(STDERR_FILENO)) return;
    auto percent = static_cast<int>(100.0 * static_cast<double>(done) / static_cast<double>(all));
    percent = percent > 100 ? 100 : percent;
    if (percent == last_percent_) return;
    last_percent_ = percent;
    is_drawn_ = true;
    fmt::print(stderr, "\r[{:#<{}}{:<{}}] {:3}%", "", percent / 2, "", 50 - percent / 2, percent);
}

}  // namespace rook::admin
