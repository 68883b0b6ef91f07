#include "message/charset.h"

#include <unicode/ucnv.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/utf8.h"

namespace rook::message {
namespace {

// 0x80-0x9F of windows-1252 (the five that are free stand for themselves).
constexpr std::array<char16_t, 32> kWindows1252 = {
    0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};

void append_windows_1252(std::string_view bytes, std::string& out) {
    for (char c : bytes) {
        auto b = static_cast<unsigned char>(c);
        if (b < 0x80) {
            out += c;
        } else {
            append_utf8(out, b < 0xA0 ? kWindows1252[b - 0x80] : b);
        }
    }
}

enum class Family : std::uint8_t { Utf8, Latin1, Guess, Icu };

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    return std::any_of(names.begin(), names.end(), [&](auto n) { return iequals(n, name); });
}

// Names that mailers use and ICU does not know, or knows too narrowly.
std::string_view icu_name(std::string_view name) {
    if (is_one_of(name, {"gb2312", "gbk", "gb_2312-80", "x-gbk"})) return "gb18030";
    if (is_one_of(name, {"ks_c_5601-1987", "euc-kr", "ks_c_5601", "ksc5601", "cseuckr"}))
        return "windows-949";
    if (is_one_of(name, {"shift_jis", "sjis", "x-sjis", "shift-jis"})) return "windows-31j";
    if (is_one_of(name, {"iso-8859-9", "latin5"})) return "windows-1254";
    if (is_one_of(name, {"tis-620", "iso-8859-11"})) return "windows-874";
    if (is_one_of(name, {"iso-8859-8-i", "iso-8859-8-e"})) return "iso-8859-8";
    if (is_one_of(name, {"unicode-1-1-utf-7", "unicode-2-0-utf-7"})) return "utf-7";
    return name;
}

struct CloseConverter {
    void operator()(UConverter* c) const { ucnv_close(c); }
};
using Converter = std::unique_ptr<UConverter, CloseConverter>;

Converter open_converter(std::string_view name) {
    name = icu_name(name);
    // ICU takes options behind a comma and paths; a charset has neither (RFC 2978 2.3).
    for (char c : name) {
        if (!is_alnum(c) &&
            std::string_view("!#$%&'+-^_`{}~.:()").find(c) == std::string_view::npos)
            return {};
    }
    if (name.empty() || name.size() > 60) return {};
    UErrorCode error = U_ZERO_ERROR;
    Converter converter(ucnv_open(std::string(name).c_str(), &error));
    if (U_FAILURE(error)) return {};
    return converter;
}

std::string_view clean_name(std::string_view name) {
    name = trim(name);
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"')
        name = name.substr(1, name.size() - 2);
    return name;
}

Family family_of(std::string_view name) {
    if (is_one_of(name, {"utf-8", "utf8", "unicode-1-1-utf-8"})) return Family::Utf8;
    if (is_one_of(name,
                  {"iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "windows-1252", "cp1252"}))
        return Family::Latin1;
    if (is_one_of(name, {"", "us-ascii", "ascii", "ansi_x3.4-1968", "unknown-8bit", "x-unknown",
                         "unknown", "8bit", "binary", "default"})) {
        return Family::Guess;
    }
    return Family::Icu;
}

}  // namespace

struct Utf8Converter::State {
    Family family;
    Converter converter;
    std::string held;  // the start of a UTF-8 character that the next piece ends

    void feed_utf8(std::string_view bytes, std::string& out) {
        std::string joined;
        if (!held.empty()) {
            joined = std::move(held);
            held.clear();
            joined += bytes;
            bytes = joined;
        }
        // Hold back at most three bytes at the end that may be the start of a character.
        for (std::size_t back = 1; back <= 3 && back <= bytes.size(); ++back) {
            auto b = static_cast<unsigned char>(bytes[bytes.size() - back]);
            if (b >= 0xC0) {
                std::size_t need = b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : 2;
                if (need > back) {
                    held = bytes.substr(bytes.size() - back);
                    bytes.remove_suffix(back);
                }
                break;
            }
            if (b < 0x80) break;
        }
        append_checked(bytes, out);
    }

    void append_checked(std::string_view bytes, std::string& out) {
        if (is_valid_utf8(bytes)) {
            out += bytes;
        } else if (family == Family::Guess) {
            append_windows_1252(bytes, out);
        } else {
            out += to_valid_utf8(bytes);
        }
    }

    void feed_icu(std::string_view bytes, bool flush, std::string& out) {
        std::array<UChar, 2048> units;
        const char* from = bytes.data();
        const char* end = from + bytes.size();
        for (;;) {
            UChar* to = units.data();
            UErrorCode error = U_ZERO_ERROR;
            ucnv_toUnicode(converter.get(), &to, units.data() + units.size(), &from, end, nullptr,
                           flush, &error);
            append_units(units.data(), to, out);
            if (error != U_BUFFER_OVERFLOW_ERROR) break;
        }
    }

    // ICU may end a buffer between surrogates.
    void append_units(const UChar* from, const UChar* end, std::string& out) {
        for (; from != end; ++from) {
            char32_t c = *from;
            if (high && c >= 0xDC00 && c <= 0xDFFF) {
                append_utf8(out, 0x10000 + ((high - 0xD800) << 10) + (c - 0xDC00));
                high = 0;
                continue;
            }
            if (high) append_utf8(out, kReplacement);
            high = c >= 0xD800 && c <= 0xDBFF ? c : 0;
            if (!high) append_utf8(out, c);
        }
    }
    char32_t high = 0;
};

Utf8Converter::Utf8Converter(std::string_view charset) : state_(std::make_unique<State>()) {
    auto name = clean_name(charset);
    state_->family = family_of(name);
    if (state_->family == Family::Icu) {
        state_->converter = open_converter(name);
        if (!state_->converter) state_->family = Family::Guess;
    }
}

Utf8Converter::~Utf8Converter() = default;
Utf8Converter::Utf8Converter(Utf8Converter&&) noexcept = default;

void Utf8Converter::feed(std::string_view bytes, std::string& out) {
    switch (state_->family) {
        case Family::Latin1:
            append_windows_1252(bytes, out);
            break;
        case Family::Icu:
            state_->feed_icu(bytes, false, out);
            break;
        case Family::Utf8:
        case Family::Guess:
            state_->feed_utf8(bytes, out);
            break;
    }
}

void Utf8Converter::finish(std::string& out) {
    if (state_->family == Family::Icu) {
        state_->feed_icu({}, true, out);
        if (state_->high) append_utf8(out, kReplacement);
        state_->high = 0;
    }
    state_->append_checked(state_->held, out);
    state_->held.clear();
}

bool is_known_charset(std::string_view name) {
    name = clean_name(name);
    switch (family_of(name)) {
        case Family::Utf8:
        case Family::Latin1:
            return true;
        case Family::Guess:
            return is_one_of(name, {"us-ascii", "ascii", "ansi_x3.4-1968"});
        case Family::Icu:
            break;
    }
    return open_converter(name) != nullptr;
}

std::string to_utf8(std::string_view bytes, std::string_view charset) {
    auto family = family_of(clean_name(charset));
    // ICU's families include some where ASCII bytes are not ASCII text (ISO-2022-JP, UTF-7,
    // UTF-16).
    if (family != Family::Icu && is_ascii(bytes)) return std::string(bytes);
    std::string out;
    Utf8Converter converter(charset);
    converter.feed(bytes, out);
    converter.finish(out);
    return out;
}

}  // namespace rook::message
