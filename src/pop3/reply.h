// What goes wrong, in POP3's words: -ERR with a response code (RFC 2449 8, RFC 3206).
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace rook::pop3 {

// "[AUTH]", "[SYS/TEMP]", ... or "" where no code fits.
std::string_view response_code(Why);

// "-ERR [CODE] said\r\n", in printable ASCII, 512 octets at most.
std::string error_line(const Error&);
std::string error_line(std::string_view code, std::string_view said);

constexpr std::string_view kInUse = "[IN-USE]";
constexpr std::string_view kTemporary = "[SYS/TEMP]";

}  // namespace rook::pop3
