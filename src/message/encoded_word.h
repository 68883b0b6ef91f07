// Encoded words in header values (RFC 2047), read as tolerantly as mailers write them.
#pragma once

#include <string>
#include <string_view>

namespace rook::message {

// `value` is unfolded; the result is valid UTF-8. Words are decoded wherever they stand, also
// inside quoted strings and beside other text; a character may be split over two words. 8-bit bytes
// outside words are UTF-8 or else windows-1252.
std::string decode_encoded_words(std::string_view value);

}  // namespace rook::message
