#include "base/log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iterator>
#include <mutex>

namespace rook {
namespace {

std::string_view level_name(LogLevel level) {
    switch (level) {
        case LogLevel::Debug:
            return "debug";
        case LogLevel::Info:
            return "info";
        case LogLevel::Warning:
            return "warning";
        case LogLevel::Error:
            return "error";
    }
    return "error";
}

// RFC 3339 in UTC with microseconds, by the civil-from-days formula: gmtime would do, but not for
// every year that a broken clock can show.
std::string time_text(Time time) {
    auto day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day date(day);
    auto rest = (time - day).count();
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       rest / 3'600'000'000, rest / 60'000'000 % 60, rest / 1'000'000 % 60,
                       rest % 1'000'000);
}

// The length of the well-formed UTF-8 character at the front, or 0.
std::size_t utf8_length(std::string_view in, char32_t& code) {
    auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(in[i]); };
    std::size_t length = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
    if (byte(0) < 0xC2 || byte(0) > 0xF4 || in.size() < length) return 0;
    code = byte(0) & (0x7F >> length);
    for (std::size_t i = 1; i < length; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return 0;
        code = code << 6 | (byte(i) & 0x3F);
    }
    constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
    bool is_good = code >= kLeast[length] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
    return is_good ? length : 0;
}

// Characters that some reader of the log takes for the end of a line or for a command to the
// terminal, or that make the text read in another order than it stands.
bool is_hidden(char32_t code) {
    return code < 0xA0 || code == 0x061C || code == 0x200E || code == 0x200F ||
           (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) ||
           code == 0xFEFF;
}

void append_code(std::string& out, char32_t code) {
    if (code < 0x10000) {
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<std::uint32_t>(code));
        return;
    }
    code -= 0x10000;
    fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}",
                   0xD800 + (static_cast<std::uint32_t>(code) >> 10),
                   0xDC00 + (static_cast<std::uint32_t>(code) & 0x3FF));
}

// The one quoting for both formats: a JSON string. A byte that is not UTF-8 is \ufffd in JSON,
// which knows no bytes, and \xNN in logfmt.
void append_quoted(std::string& out, std::string_view in, LogFormat format) {
    out += '"';
    while (!in.empty()) {
        auto c = static_cast<std::uint8_t>(in[0]);
        std::size_t taken = 1;
        char32_t code = 0;
        if (c == '"' || c == '\\') {
            (out += '\\') += static_cast<char>(c);
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\r') {
            out += "\\r";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c < 0x20 || c == 0x7F) {
            append_code(out, c);
        } else if (c < 0x80) {
            out += static_cast<char>(c);
        } else if ((taken = utf8_length(in, code)) == 0) {
            taken = 1;
            if (format == LogFormat::Json) {
                out += "\\ufffd";
            } else {
                fmt::format_to(std::back_inserter(out), "\\x{:02x}", c);
            }
        } else if (is_hidden(code)) {
            append_code(out, code);
        } else {
            out += in.substr(0, taken);
        }
        in.remove_prefix(taken);
    }
    out += '"';
}

bool is_plain(std::string_view value) {
    constexpr std::string_view kPlain =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.,:;/@+*%<>[]()!?#$&~^|";
    return !value.empty() && value.find_first_not_of(kPlain) == value.npos;
}

void append_value(std::string& out, std::string_view value, LogFormat format) {
    if (format == LogFormat::Logfmt && is_plain(value)) {
        out += value;
    } else {
        append_quoted(out, value, format);
    }
}

// Threads: any; the mutex keeps lines whole and covers reopen().
class FileLog final : public Log {
public:
    FileLog(LogOptions options, const Clock& clock, int fd)
        : options_(std::move(options)), clock_(clock), fd_(fd) {}
    ~FileLog() override { drop(fd_); }

    void write(LogLevel level, std::string_view event,
               std::initializer_list<LogField> fields) override {
        if (level < options_.level) return;
        auto line = format_log_line(options_.format, clock_.now(), level, event, fields) + '\n';
        std::lock_guard lock(mutex_);
        if (lost_ > 0) {
            auto note = format_log_line(options_.format, clock_.now(), LogLevel::Warning,
                                        "log-lines-lost", {{"lines", lost_}}) +
                        '\n';
            if (!write_line(note)) {
                ++lost_;
                return;
            }
            lost_ = 0;
        }
        if (!write_line(line)) ++lost_;
    }

    Result<> reopen() override {
        if (options_.file.empty()) return {};
        int fd = TRY(open_file(options_.file));
        std::lock_guard lock(mutex_);
        drop(std::exchange(fd_, fd));
        is_torn_ = false;
        return {};
    }

    static Result<int> open_file(const std::string& path) {
        if (path.empty()) return STDERR_FILENO;
        int fd = ::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
        if (fd < 0) {
            return fail(Why::Io, "The log file cannot be opened",
                        fmt::format("{}: {}", path, std::strerror(errno)));
        }
        return fd;
    }

private:
    static void drop(int fd) {
        if (fd != STDERR_FILENO) ::close(fd);
    }

    // One write() for the whole line, so that lines of several processes do not mix. A line that a
    // full disk tore gets its end before the next begins.
    bool write_line(std::string_view line) {
        if (is_torn_ && ::write(fd_, "\n", 1) != 1) return false;
        is_torn_ = false;
        while (!line.empty()) {
            auto n = ::write(fd_, line.data(), line.size());
            if (n < 0 && errno == EINTR) continue;
            if (n <= 0) return false;
            line.remove_prefix(static_cast<std::size_t>(n));
            is_torn_ = !line.empty();
        }
        return true;
    }

    const LogOptions options_;
    const Clock& clock_;
    std::mutex mutex_;
    int fd_;
    std::int64_t lost_ = 0;
    bool is_torn_ = false;
};

}  // namespace

std::string format_log_line(LogFormat format, Time time, LogLevel level, std::string_view event,
                            std::initializer_list<LogField> fields) {
    std::string out;
    bool is_json = format == LogFormat::Json;
    auto field = [&](std::string_view name, std::string_view value, bool is_number) {
        if (is_json) {
            out += out.empty() ? '{' : ',';
            append_quoted(out, name, format);
            out += ':';
        } else {
            if (!out.empty()) out += ' ';
            (out += name) += '=';
        }
        if (is_number) {
            out += value;
        } else {
            append_value(out, value, format);
        }
    };
    field("time", time_text(time), false);
    field("level", level_name(level), false);
    field("event", event, false);
    for (const auto& f : fields) {
        if (auto* number = std::get_if<std::int64_t>(&f.value)) {
            field(f.name, fmt::format_int(*number).c_str(), true);
        } else {
            field(f.name, std::get<std::string_view>(f.value), false);
        }
    }
    if (is_json) out += '}';
    return out;
}

Result<std::unique_ptr<Log>> open_log(LogOptions options, const Clock& clock) {
    int fd = TRY(FileLog::open_file(options.file));
    return std::make_unique<FileLog>(std::move(options), clock, fd);
}

}  // namespace rook
