#include "smtp/reply_code.h"

#include <fmt/core.h>

namespace rook::smtp {

Code reply_code(Why why, Kind kind) {
    switch (why) {
        case Why::NotFound:
            return {550, "5.1.1"};
        case Why::Exists:
            return {554, "5.0.0"};
        case Why::Denied:
            return {535, "5.7.8"};
        case Why::Insecure:
            return {538, "5.7.11"};
        case Why::OverQuota:
            return kind == Kind::Lmtp ? Code{452, "4.2.2"} : Code{552, "5.2.2"};
        case Why::TooBig:
            return {552, "5.3.4"};
        case Why::Limit:
            return {452, "4.5.3"};
        case Why::Busy:
            return {451, "4.3.2"};
        case Why::Gone:
            return {550, "5.2.1"};
        case Why::BadSyntax:
            return {501, "5.5.4"};
        case Why::Unsupported:
            return {504, "5.5.4"};
        case Why::Cannot:
            return {554, "5.5.0"};
        case Why::NoSpace:
            return {452, "4.3.1"};
        case Why::Io:
        case Why::Corrupt:
            return {451, "4.3.0"};
    }
    return {451, "4.3.0"};
}

std::string reply_line(Code code, std::string_view text, Last last) {
    constexpr std::size_t kMaxText = 490;
    auto line = fmt::format("{}{}", code.basic, last == Last::Yes ? ' ' : '-');
    if (!code.enhanced.empty()) line.append(code.enhanced).append(" ");
    for (char c : text.substr(0, kMaxText)) line += c >= ' ' && c <= '~' ? c : '?';
    line += "\r\n";
    return line;
}

}  // namespace rook::smtp
