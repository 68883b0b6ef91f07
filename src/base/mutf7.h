// Modified UTF-7, the spelling of mailbox names in IMAP4rev1 (RFC 3501 5.1.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rook {

// `utf8` should be valid: bad sequences are encoded as U+FFFD.
std::string mutf7_encode(std::string_view utf8);

// Absent unless `text` is exactly what mutf7_encode writes: one name has one spelling. So no 8-bit
// or control bytes, no open shift, no printable ASCII inside a shift, no shift behind a shift, no
// lone surrogates, no spare bits.
std::optional<std::string> mutf7_decode(std::string_view text);

}  // namespace rook
