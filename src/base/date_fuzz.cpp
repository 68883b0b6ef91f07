// Any bytes as a date of mail or of IMAP; what can be read is written and read again.
#include "base/date.h"

#include "base/check.h"
#include "base/fuzzing.h"

using namespace rook;

FUZZ(text) {
    if (auto date = parse_mail_date(text)) CHECK(parse_mail_date(format_mail_date(*date)) == date);
    if (auto date = parse_imap_date_time(text))
        CHECK(parse_imap_date_time(format_imap_date_time(*date)) == date);
    if (auto day = parse_imap_date(text)) {
        const DateTime midnight{std::chrono::sys_seconds(*day).time_since_epoch().count(), 0};
        CHECK(format_imap_date_time(midnight).find("00:00:00 +0000") != std::string::npos);
        CHECK(midnight.local_day() == *day);
    }
}
