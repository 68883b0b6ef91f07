#include "base/date.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "base/ascii.h"

namespace rook {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

// 1-12 from the first three letters, or 0.
unsigned month_number(std::string_view word) {
    for (unsigned i = 0; i < 12 && word.size() >= 3; ++i) {
        if (iequals(word.substr(0, 3), kMonths[i])) return i + 1;
    }
    return 0;
}

struct Fields {
    int year = -1;
    unsigned month = 0, day = 0, hour = 0, minute = 0, second = 0;
    bool has_time = false;
};

std::optional<DateTime> assemble(const Fields& f, std::int32_t zone) {
    year_month_day date{year(f.year), month(f.month), day(f.day)};
    // A leap second counts as the one before it.
    unsigned second = f.second == 60 ? 59 : f.second;
    if (f.year < 1900 || f.year > 9999 || !date.ok() || f.hour > 23 || f.minute > 59 || second > 59)
        return std::nullopt;
    auto local = sys_days(date).time_since_epoch();
    std::int64_t seconds =
        duration_cast<std::chrono::seconds>(local).count() + f.hour * 3600 + f.minute * 60 + second;
    return DateTime{seconds - std::int64_t{zone} * 60, zone};
}

// "+hhmm", "-hhmm"; also "+hh:mm" and "+hh" when tolerant. Absent when it is none or too large.
std::optional<std::int32_t> numeric_zone(std::string_view text) {
    if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
    std::string digits;
    for (char c : text.substr(1)) {
        if (c != ':') digits += c;
    }
    if (digits.size() == 2) digits += "00";
    if (digits.size() == 3) digits.insert(0, "0");
    auto value = digits.size() == 4 ? parse_number<std::uint32_t>(digits) : std::nullopt;
    if (!value || *value % 100 > 59 || *value / 100 > 23) return std::nullopt;
    auto minutes = static_cast<std::int32_t>(*value / 100 * 60 + *value % 100);
    return text[0] == '-' ? -minutes : minutes;
}

struct NamedZone {
    std::string_view name;
    int hours;
};
constexpr NamedZone kZones[] = {
    // RFC 5322 4.3, and some that are seen
    {"UT", 0},   {"GMT", 0},  {"UTC", 0},   {"Z", 0},     {"EDT", -4},  {"EST", -5},  {"CDT", -5},
    {"CST", -6}, {"MDT", -6}, {"MST", -7},  {"PDT", -7},  {"PST", -8},  {"WET", 0},   {"BST", 1},
    {"CET", 1},  {"MET", 1},  {"CEST", 2},  {"MEST", 2},  {"EET", 2},   {"EEST", 3},  {"MSK", 3},
    {"JST", 9},  {"KST", 9},  {"AKST", -9}, {"AKDT", -8}, {"HST", -10}, {"NZST", 12},
};

std::optional<std::int32_t> named_zone(std::string_view word) {
    for (auto& zone : kZones) {
        if (iequals(word, zone.name)) return zone.hours * 60;
    }
    return std::nullopt;
}

// Words of a date: commas, blanks and comments in between are gone. Bounded: a date has at most a
// handful.
std::vector<std::string_view> words_of(std::string_view text) {
    std::vector<std::string_view> words;
    int depth = 0;
    std::size_t start = text.npos;
    for (std::size_t i = 0; i <= text.size() && words.size() < 12; ++i) {
        char c = i < text.size() ? text[i] : ' ';
        bool between = depth > 0 || is_space(c) || c == ',' || c == '(' || c == ')';
        if (between && start != text.npos) {
            words.push_back(text.substr(start, i - start));
            start = text.npos;
        } else if (!between && start == text.npos) {
            start = i;
        }
        if (c == '(') ++depth;
        if (c == ')' && depth > 0) --depth;
    }
    return words;
}

// "15:04", "15:04:05", "15.04.05", "15:04:05.123"
bool read_time(std::string_view word, Fields& f) {
    char separator = word.find(':') != word.npos ? ':' : '.';
    auto parts = split(word, separator);
    if (parts.size() < 2 || parts.size() > 3) return false;
    auto second = parts.size() == 3 ? parts[2].substr(0, parts[2].find_first_of(".,")) : "0";
    auto h = parse_number<unsigned>(parts[0]), m = parse_number<unsigned>(parts[1]),
         s = parse_number<unsigned>(second);
    if (!h || !m || !s || parts[0].size() > 2) return false;
    f.hour = *h, f.minute = *m, f.second = *s;
    f.has_time = true;
    return true;
}

// RFC 5322 4.3: 00-49 is 20xx, 50-99 and three digits count from 1900.
bool read_year(std::string_view word, Fields& f) {
    auto value = parse_number<unsigned>(word);
    if (!value || word.size() > 4) return false;
    f.year = static_cast<int>(*value);
    if (word.size() <= 2) f.year += *value < 50 ? 2000 : 1900;
    if (word.size() == 3) f.year += 1900;
    return true;
}

// "2006-01-02", optionally "T15:04:05Z" behind; "2-Jan-2006".
bool read_joined(std::string_view word, Fields& f, std::optional<std::int32_t>& zone) {
    auto parts = split(word, '-');
    if (parts.size() < 3) return false;
    if (unsigned m = month_number(parts[1]); m && parts.size() == 3) {
        auto d = parse_number<unsigned>(parts[0]);
        if (!d || !read_year(parts[2], f)) return false;
        f.month = m, f.day = *d;
        return true;
    }
    if (parts[0].size() != 4 || word.size() < 10) return false;
    auto m = parse_number<unsigned>(word.substr(5, 2)),
         d = parse_number<unsigned>(word.substr(8, 2));
    if (!m || !d || !read_year(parts[0], f)) return false;
    f.month = *m, f.day = *d;
    if (word.size() == 10) return true;
    auto time = word.substr(11);
    auto end = time.find_first_of("Zz+-");
    if (end != time.npos) zone = is_alpha(time[end]) ? 0 : numeric_zone(time.substr(end));
    return read_time(time.substr(0, end), f);
}

}  // namespace

std::optional<DateTime> parse_mail_date(std::string_view text) {
    if (text.size() > 1000) text = text.substr(0, 1000);
    Fields f;
    std::optional<std::int32_t> zone;
    for (auto word : words_of(text)) {
        if (f.has_time && !zone && (word[0] == '+' || word[0] == '-')) {
            zone = numeric_zone(word);
            if (!zone) zone = 0;
        } else if (word.find(':') != word.npos && word.find('-') == word.npos && !f.has_time) {
            // The zone may stick to the time: "15:04:05+0200".
            auto plus = word.find('+');
            if (plus != word.npos) zone = numeric_zone(word.substr(plus)).value_or(0);
            if (!read_time(word.substr(0, plus), f)) return std::nullopt;
        } else if (word.find('-') != word.npos && f.day == 0) {
            if (!read_joined(word, f, zone)) return std::nullopt;
        } else if (is_digit(word[0]) && f.day == 0) {
            auto value = parse_number<unsigned>(word);
            if (!value) return std::nullopt;
            f.day = *value;
        } else if (is_digit(word[0]) && f.month && f.year < 0) {
            if (!read_year(word, f)) return std::nullopt;
        } else if (is_digit(word[0]) && f.day && f.year >= 0 && !f.has_time) {
            read_time(word, f);  // "15.04.05"
        } else if (unsigned m = month_number(word); m && !f.month) {
            f.month = m;
        } else if (is_alpha(word[0]) && f.has_time && !zone) {
            zone = named_zone(word);
        }
    }
    if (f.year < 0 || !f.month || !f.day) return std::nullopt;
    return assemble(f, zone.value_or(0));
}

std::string format_mail_date(DateTime date) {
    auto local = sys_seconds(seconds(date.seconds + std::int64_t{date.zone} * 60));
    auto days_part = floor<days>(local);
    year_month_day ymd(days_part);
    hh_mm_ss time(local - days_part);
    int zone = date.zone < 0 ? -date.zone : date.zone;
    return fmt::format("{}, {} {} {:04} {:02}:{:02}:{:02} {}{:02}{:02}",
                       kDays[weekday(days_part).c_encoding()], unsigned(ymd.day()),
                       kMonths[unsigned(ymd.month()) - 1], int(ymd.year()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), date.zone < 0 ? '-' : '+',
                       zone / 60, zone % 60);
}

std::optional<sys_days> parse_imap_date(std::string_view text) {
    auto parts = split(text, '-');
    if (parts.size() != 3 || parts[0].empty() || parts[0].size() > 2 || parts[1].size() != 3 ||
        parts[2].size() != 4) {
        return std::nullopt;
    }
    auto d = parse_number<unsigned>(parts[0]), y = parse_number<unsigned>(parts[2]);
    unsigned m = month_number(parts[1]);
    if (!d || !y || !m) return std::nullopt;
    year_month_day date{year(static_cast<int>(*y)), month(m), day(*d)};
    if (!date.ok()) return std::nullopt;
    return sys_days(date);
}

std::optional<DateTime> parse_imap_date_time(std::string_view text) {
    // date-day-fixed is two digits or a space and one; mailers send a bare digit too.
    if (text.starts_with(' ')) text.remove_prefix(1);
    auto words = split(text, ' ');
    if (words.size() != 3 || words[1].size() != 8 || words[2].size() != 5) return std::nullopt;
    auto day_part = parse_imap_date(words[0]);
    auto time = words[1];
    auto zone = numeric_zone(words[2]);
    if (!day_part || !zone || time[2] != ':' || time[5] != ':') return std::nullopt;
    year_month_day ymd(*day_part);
    auto h = parse_number<unsigned>(time.substr(0, 2)),
         m = parse_number<unsigned>(time.substr(3, 2)),
         s = parse_number<unsigned>(time.substr(6, 2));
    if (!h || !m || !s) return std::nullopt;
    Fields f{int(ymd.year()), unsigned(ymd.month()), unsigned(ymd.day()), *h, *m, *s, true};
    return assemble(f, *zone);
}

// By hand: a FETCH of a mailbox writes one for each message.
std::string format_imap_date_time(DateTime date) {
    const auto local = sys_seconds(seconds(date.seconds + std::int64_t{date.zone} * 60));
    const auto days_part = floor<days>(local);
    const year_month_day ymd(days_part);
    const hh_mm_ss time(local - days_part);
    const int zone = date.zone < 0 ? -date.zone : date.zone;
    char text[] = "DD-Mon-YYYY HH:MM:SS +ZZZZ";
    const auto put2 = [&](int at, auto value) {
        text[at] = static_cast<char>('0' + value / 10 % 10);
        text[at + 1] = static_cast<char>('0' + value % 10);
    };
    const auto day = unsigned(ymd.day());
    put2(0, day);
    if (day < 10) text[0] = ' ';
    kMonths[unsigned(ymd.month()) - 1].copy(text + 3, 3);
    put2(7, int(ymd.year()) / 100);
    put2(9, int(ymd.year()) % 100);
    put2(12, time.hours().count());
    put2(15, time.minutes().count());
    put2(18, time.seconds().count());
    if (date.zone < 0) text[21] = '-';
    put2(22, zone / 60);
    put2(24, zone % 60);
    return text;
}

}  // namespace rook
