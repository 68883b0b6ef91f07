// Dates as mail and IMAP write them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rook {

// A moment and the zone it was told in.
struct DateTime {
    std::int64_t seconds = 0;  // since 1970-01-01 00:00:00 UTC
    std::int32_t zone = 0;     // minutes east of UTC
    friend bool operator==(const DateTime&, const DateTime&) = default;

    // The calendar day in its own zone: what SENTBEFORE and SENTON compare (RFC 9051 6.4.4).
    std::chrono::sys_days local_day() const {
        return std::chrono::floor<std::chrono::days>(
            std::chrono::sys_seconds(std::chrono::seconds(seconds + zone * 60)));
    }
};

// RFC 5322 3.3 and 4.3: two-digit years, zone letters and names, comments; and what mailers write
// besides: no day name, no comma, no seconds, no zone, one-digit hours, full month names, the month
// before the day, ISO 8601, asctime order. Absent when unreadable. A zone that means nothing is
// +0000. Years 1900 to 9999.
std::optional<DateTime> parse_mail_date(std::string_view);
// "Mon, 2 Jan 2006 15:04:05 -0700"
std::string format_mail_date(DateTime);

// RFC 9051 date-time, without the quotes: "17-Jul-1996 02:44:25 -0700". Strict.
std::optional<DateTime> parse_imap_date_time(std::string_view);
// The same, with the day padded by a space as date-day-fixed asks: " 1-Feb-1994 00:00:00 +0000".
std::string format_imap_date_time(DateTime);
// RFC 9051 date, without the quotes: "1-Feb-1994". Strict.
std::optional<std::chrono::sys_days> parse_imap_date(std::string_view);

}  // namespace rook
