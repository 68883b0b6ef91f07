// What goes wrong, in IMAP's words: NO or BAD, and a response code (RFC 9051 7.1, RFC 5530).
#pragma once

#include <string_view>

#include "base/result.h"

namespace rook::imap {

struct ReplyCode {
    std::string_view status;  // "NO", "BAD"
    std::string_view code;    // without brackets; "" where none fits
};
ReplyCode reply_code(Why);

}  // namespace rook::imap
