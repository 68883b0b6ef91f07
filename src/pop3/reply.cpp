#include "pop3/reply.h"

namespace rook::pop3 {

std::string_view response_code(Why why) {
    switch (why) {
        case Why::Denied:
            return "[AUTH]";
        case Why::Busy:
        case Why::Limit:
        case Why::NoSpace:
        case Why::Io:
            return kTemporary;
        case Why::Corrupt:
            return "[SYS/PERM]";
        case Why::NotFound:
        case Why::Exists:
        case Why::Insecure:
        case Why::OverQuota:
        case Why::TooBig:
        case Why::Gone:
        case Why::BadSyntax:
        case Why::Unsupported:
        case Why::Cannot:
            return "";
    }
    return "";
}

std::string error_line(std::string_view code, std::string_view said) {
    constexpr std::size_t kMaxSaid = 400;  // RFC 2449 4: a response is at most 512 octets
    std::string line = "-ERR ";
    if (!code.empty()) line.append(code).append(" ");
    for (char c : said.substr(0, kMaxSaid)) line += c >= ' ' && c <= '~' ? c : '?';
    line += "\r\n";
    return line;
}

std::string error_line(const Error& error) {
    return error_line(response_code(error.why), error.said);
}

}  // namespace rook::pop3
