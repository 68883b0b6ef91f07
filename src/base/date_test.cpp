#include "base/date.h"

#include <gtest/gtest.h>

namespace rook {
namespace {

constexpr std::int64_t kMoment = 1136239445;  // 2006-01-02 22:04:05 UTC

TEST(Date, MailDatesThatMeanTheSame) {
    for (std::string_view text : {
             "Mon, 2 Jan 2006 15:04:05 -0700",
             "Mon, 02 Jan 2006 15:04:05 -0700 (MST)",
             "2 Jan 2006 15:04:05 -0700",
             "Mon,2 Jan 2006 15:04:05 -0700",
             "Mon, 2 Jan 06 15:04:05 MST",
             "Mon, 2 Jan 106 15:04:05 MST",
             "Monday, 2 January 2006 15:04:05 -0700",
             " (a (nested) comment) Mon, 2 Jan\r\n 2006 15:04:05 -0700",
             "Mon, 2 (second) Jan (first) 2006 15:04:05 -0700",
             "mon, 2 jan 2006 15:04:05 -07:00",
             "Mon, 2 Jan 2006 15:04:05 -700",
             "Mon Jan  2 15:04:05 2006 -0700",
             "Mon Jan  2 15:04:05 MST 2006",
             "Jan 2, 2006 15:04:05 -0700",
             "02-Jan-2006 15:04:05 -0700",
             "Monday, 02-Jan-06 15:04:05 MST",
             "2006-01-02T15:04:05-07:00",
             "2006-01-02 15:04:05 -0700",
             "2006-01-02T15:04:05.999-0700",
             "Mon, 2 Jan 2006 15.04.05 -0700",
         }) {
        EXPECT_EQ(parse_mail_date(text), (DateTime{kMoment, -420})) << text;
    }
}

TEST(Date, MailDatesThatLackOrAdd) {
    struct {
        std::string_view text;
        std::optional<DateTime> want;
    } cases[] = {
        {"2 Jan 2006 22:04:05", DateTime{kMoment, 0}},
        {"2 Jan 2006 22:04:05 Z", DateTime{kMoment, 0}},
        {"2 Jan 2006 22:04:05 GMT+1", DateTime{kMoment, 0}},
        {"2 Jan 2006 22:04:05 +9999", DateTime{kMoment, 0}},
        {"2 Jan 2006 22:04:05+0000", DateTime{kMoment, 0}},
        {"2 Jan 2006 22:04", DateTime{kMoment - 5, 0}},
        {"2 Jan 2006", DateTime{1136160000, 0}},
        {"3 Jan 2006 03:34:05 +0530", DateTime{kMoment, 330}},
        {"31 Dec 2016 23:59:60 +0000", DateTime{1483228799, 0}},
        {"29 Feb 2000 00:00:00 +0000", DateTime{951782400, 0}},
        {"1 Jan 1970 00:00:00 +0000", DateTime{0, 0}},
        {"1 Jan 69 00:00:00 +0000", DateTime{-31536000, 0}},
        {"29 Feb 2001 00:00:00 +0000", {}},
        {"32 Jan 2006 00:00:00 +0000", {}},
        {"2 Jan 2006 24:00:00 +0000", {}},
        {"2 Jan 2006 12:60:00 +0000", {}},
        {"2 Foo 2006 12:00:00 +0000", {}},
        {"Jan 2006", {}},
        {"2 Jan 12345 12:00:00", {}},
        {"99999999999999 Jan 2006", {}},
        {"", {}},
        {"(((((", {}},
        {"yesterday", {}},
        {"-", {}},
        {"- - -", {}},
        {"1:", {}},
        {"2006-1-2", {}},
    };
    for (auto& c : cases) EXPECT_EQ(parse_mail_date(c.text), c.want) << c.text;
    EXPECT_EQ(parse_mail_date(std::string(1'000'000, '(')), std::nullopt);
}

TEST(Date, MailFormat) {
    EXPECT_EQ(format_mail_date({kMoment, -420}), "Mon, 2 Jan 2006 15:04:05 -0700");
    EXPECT_EQ(format_mail_date({kMoment, 330}), "Tue, 3 Jan 2006 03:34:05 +0530");
    EXPECT_EQ(format_mail_date({-1, 0}), "Wed, 31 Dec 1969 23:59:59 +0000");
}

TEST(Date, ImapDateTime) {
    EXPECT_EQ(parse_imap_date_time("17-Jul-1996 02:44:25 -0700"), (DateTime{837596665, -420}));
    EXPECT_EQ(parse_imap_date_time(" 1-Feb-1994 00:00:00 +0000"), (DateTime{760060800, 0}));
    EXPECT_EQ(parse_imap_date_time("1-feb-1994 00:00:00 +0000"), (DateTime{760060800, 0}));
    EXPECT_EQ(format_imap_date_time({837596665, -420}), "17-Jul-1996 02:44:25 -0700");
    EXPECT_EQ(format_imap_date_time({760060800, 0}), " 1-Feb-1994 00:00:00 +0000");
    for (std::string_view bad :
         {"", "17-Jul-1996", "17-Jul-1996 02:44:25", "17-Jul-1996 02:44:25 PDT",
          "17-Jul-96 02:44:25 -0700", "31-Jun-1996 02:44:25 -0700", "17-July-1996 02:44:25 -0700",
          "17-Jul-1996 2:44:25 -0700", "17-Jul-1996 24:44:25 -0700", "17-Jul-1996 02:44:25 -0760",
          "17-Jul-1996  02:44:25 -0700", "017-Jul-1996 02:44:25 -0700",
          "17-Jul-1996 02:44:25 -07:0"}) {
        EXPECT_EQ(parse_imap_date_time(bad), std::nullopt) << bad;
    }
}

TEST(Date, ImapDate) {
    using namespace std::chrono;
    EXPECT_EQ(parse_imap_date("1-Feb-1994"), sys_days(year(1994) / 2 / 1));
    EXPECT_EQ(parse_imap_date("01-FEB-1994"), sys_days(year(1994) / 2 / 1));
    for (std::string_view bad : {"", "1-Feb", "30-Feb-1994", "1-Feb-94", "1-2-1994", "-Feb-1994",
                                 "1-Feb-19x4", "+1-Feb-1994", "1-Feb-1994 "}) {
        EXPECT_EQ(parse_imap_date(bad), std::nullopt) << bad;
    }
}

TEST(Date, LocalDay) {
    using namespace std::chrono;
    EXPECT_EQ((DateTime{kMoment, 330}).local_day(), sys_days(year(2006) / 1 / 3));
    EXPECT_EQ((DateTime{kMoment, -420}).local_day(), sys_days(year(2006) / 1 / 2));
    EXPECT_EQ((DateTime{-1, 0}).local_day(), sys_days(year(1969) / 12 / 31));
}

}  // namespace
}  // namespace rook
