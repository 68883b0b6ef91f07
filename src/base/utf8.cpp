#include "base/utf8.h"

#include "base/ascii.h"

namespace rook {

char32_t next_utf8(std::string_view text, std::size_t& at) {
    auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    unsigned char first = byte(at++);
    if (first < 0x80) return first;
    if (first < 0xC2 || first > 0xF4) return kNotUtf8;
    int more = first < 0xE0 ? 1 : first < 0xF0 ? 2 : 3;
    char32_t value = first & (0x3F >> more);
    // RFC 3629 4: only the second byte's range depends on the first.
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    for (; more; --more) {
        if (at >= text.size() || byte(at) < low || byte(at) > high) return kNotUtf8;
        value = value << 6 | (byte(at++) & 0x3F);
        low = 0x80;
        high = 0xBF;
    }
    return value;
}

bool is_valid_utf8(std::string_view text) {
    if (is_ascii(text)) return true;
    for (std::size_t at = 0; at < text.size();) {
        if (next_utf8(text, at) == kNotUtf8) return false;
    }
    return true;
}

void append_utf8(std::string& out, char32_t c) {
    if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = kReplacement;
    if (c < 0x80) {
        out += static_cast<char>(c);
    } else if (c < 0x800) {
        out += static_cast<char>(0xC0 | c >> 6);
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        out += static_cast<char>(0xE0 | c >> 12);
        out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | c >> 18);
        out += static_cast<char>(0x80 | (c >> 12 & 0x3F));
        out += static_cast<char>(0x80 | (c >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (c & 0x3F));
    }
}

std::string_view truncate_utf8(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    std::size_t end = bytes;
    // A character is at most four bytes, so at most three are stepped over.
    for (int i = 0; i < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80;
         ++i) {
        --end;
    }
    return text.substr(0, end);
}

std::string_view first_utf8(std::string_view text, std::size_t characters) {
    std::size_t at = 0;
    for (; characters && at < text.size(); --characters) next_utf8(text, at);
    return text.substr(0, at);
}

std::size_t utf8_length(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) next_utf8(text, at);
    return count;
}

std::string to_valid_utf8(std::string_view text) {
    if (is_valid_utf8(text)) return std::string(text);
    std::string out;
    out.reserve(text.size() + 16);
    for (std::size_t at = 0; at < text.size();) {
        std::size_t start = at;
        if (next_utf8(text, at) == kNotUtf8) {
            append_utf8(out, kReplacement);
        } else {
            out.append(text, start, at - start);
        }
    }
    return out;
}

}  // namespace rook
