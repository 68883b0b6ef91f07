// UTF-8 as RFC 3629 allows it: no surrogates, no overlong forms, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rook {

constexpr char32_t kReplacement = 0xFFFD;
constexpr char32_t kNotUtf8 = 0xFFFFFFFF;

bool is_valid_utf8(std::string_view);

// The character at `at`, which moves behind it; kNotUtf8 for bytes that are none, after which `at`
// is behind the longest start of a character (as Unicode's "maximal subpart" practice). `at` must
// be below text.size().
char32_t next_utf8(std::string_view text, std::size_t& at);

// Appends one character. Surrogates and numbers too high become U+FFFD.
void append_utf8(std::string& out, char32_t);

// The longest start of `text` that is at most `bytes` long and ends between characters.
std::string_view truncate_utf8(std::string_view text, std::size_t bytes);

// The first `characters` characters of it.
std::string_view first_utf8(std::string_view text, std::size_t characters);

// How many characters; each bad sequence counts one.
std::size_t utf8_length(std::string_view);

// Bad sequences become U+FFFD.
std::string to_valid_utf8(std::string_view);

}  // namespace rook
