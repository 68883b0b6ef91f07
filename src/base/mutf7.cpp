#include "base/mutf7.h"

#include <cstdint>

#include "base/ascii.h"
#include "base/base64.h"
#include "base/utf8.h"

namespace rook {
namespace {

bool is_direct(char32_t c) { return c >= 0x20 && c <= 0x7E; }

// RFC 3501 5.1.3: base64 of UTF-16BE, with "," for "/", without padding.
void append_shifted(std::string& out, const std::string& utf16) {
    std::string digits = base64_encode(utf16);
    while (digits.ends_with('=')) digits.pop_back();
    out += '&';
    for (char c : digits) out += c == '/' ? ',' : c;
    out += '-';
}

void append_utf16(std::string& out, char32_t c) {
    auto unit = [&](std::uint32_t u) {
        out += static_cast<char>(u >> 8);
        out += static_cast<char>(u & 0xFF);
    };
    if (c >= 0x10000) {
        unit(0xD800 + ((c - 0x10000) >> 10));
        unit(0xDC00 + ((c - 0x10000) & 0x3FF));
    } else {
        unit(c);
    }
}

// Appends the characters of one shift; false when they are not UTF-16.
bool append_decoded(std::string& out, std::string_view shifted) {
    std::string digits;
    for (char c : shifted) {
        if (c == '/' || c == '=') return false;
        digits += c == ',' ? '/' : c;
    }
    digits.append((4 - digits.size() % 4) % 4, '=');
    auto utf16 = base64_decode(digits);
    if (!utf16 || utf16->empty() || utf16->size() % 2) return false;
    auto unit = [&](std::size_t i) {
        return static_cast<char32_t>(static_cast<unsigned char>((*utf16)[i]) << 8 |
                                     static_cast<unsigned char>((*utf16)[i + 1]));
    };
    for (std::size_t i = 0; i < utf16->size(); i += 2) {
        char32_t c = unit(i);
        if (c >= 0xD800 && c <= 0xDBFF && i + 4 <= utf16->size()) {
            char32_t low = unit(i + 2);
            if (low < 0xDC00 || low > 0xDFFF) return false;
            c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
            i += 2;
        } else if (c >= 0xD800 && c <= 0xDFFF) {
            return false;
        }
        append_utf8(out, c);
    }
    return true;
}

}  // namespace

std::string mutf7_encode(std::string_view utf8) {
    std::string out, pending;
    for (std::size_t at = 0; at < utf8.size();) {
        char32_t c = next_utf8(utf8, at);
        if (c == kNotUtf8) c = kReplacement;
        if (!is_direct(c)) {
            append_utf16(pending, c);
            continue;
        }
        if (!pending.empty()) append_shifted(out, pending);
        pending.clear();
        out += static_cast<char>(c);
        if (c == '&') out += '-';
    }
    if (!pending.empty()) append_shifted(out, pending);
    return out;
}

std::optional<std::string> mutf7_decode(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        char c = text[at++];
        if (!is_direct(static_cast<unsigned char>(c))) return std::nullopt;
        if (c != '&') {
            out += c;
            continue;
        }
        auto end = text.find('-', at);
        if (end == text.npos) return std::nullopt;
        if (end == at) {
            out += '&';
        } else if (!append_decoded(out, text.substr(at, end - at))) {
            return std::nullopt;
        }
        at = end + 1;
    }
    if (mutf7_encode(out) != text) return std::nullopt;
    return out;
}

}  // namespace rook
