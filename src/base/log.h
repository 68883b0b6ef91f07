// The program's log: one event a line, as logfmt or JSON, to stderr or a file.
//
// Values are quoted so that no byte a peer sends can start a line or forge a field; control bytes
// are escaped. Never pass a password, token or message content. Threads: any; a line is written
// whole.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "base/result.h"

namespace rook {

enum class LogLevel : std::uint8_t { Debug, Info, Warning, Error };
enum class LogFormat : std::uint8_t { Logfmt, Json };

struct LogField {
    std::string_view name;
    std::variant<std::string_view, std::int64_t> value;

    LogField(std::string_view n, std::string_view v) : name(n), value(v) {}
    LogField(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
    LogField(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
    template <class Int>
        requires std::is_integral_v<Int>
    LogField(std::string_view n, Int v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

class Log {
public:
    virtual ~Log() = default;
    // `event` is a short fixed word: "session-end", "delivery".
    virtual void write(LogLevel, std::string_view event, std::initializer_list<LogField>) = 0;
    // Opens the file anew (after rotation). Nothing to do for stderr.
    virtual Result<> reopen() { return {}; }

    void debug(std::string_view event, std::initializer_list<LogField> f) {
        write(LogLevel::Debug, event, f);
    }
    void info(std::string_view event, std::initializer_list<LogField> f) {
        write(LogLevel::Info, event, f);
    }
    void warning(std::string_view event, std::initializer_list<LogField> f) {
        write(LogLevel::Warning, event, f);
    }
    void error(std::string_view event, std::initializer_list<LogField> f) {
        write(LogLevel::Error, event, f);
    }
};

struct LogOptions {
    LogFormat format = LogFormat::Logfmt;
    LogLevel level = LogLevel::Info;
    std::string file;  // empty: stderr
};
Result<std::unique_ptr<Log>> open_log(LogOptions, const Clock&);

// Drops everything. For tests.
class NullLog final : public Log {
public:
    void write(LogLevel, std::string_view, std::initializer_list<LogField>) override {}
};

// The line without its newline, as open_log's files hold it. Exposed for tests and for `rookery
// trace`.
std::string format_log_line(LogFormat, Time, LogLevel, std::string_view event,
                            std::initializer_list<LogField>);

}  // namespace rook
