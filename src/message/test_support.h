// For the tests of message/: Summaries and part trees as text.
#pragma once

#include <fmt/format.h>

#include <string>

#include "message/parser.h"

namespace rook::message {

// "\n" becomes "\r\n", so that tests can be read.
inline std::string crlf(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '\n') out += '\r';
        out += c;
    }
    return out;
}

// One line a part: indent, number, type, [header)[body), lines, and what else it has.
inline std::string describe(const std::vector<Part>& parts) {
    std::string out;
    std::vector<int> depth(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
        auto& p = parts[i];
        if (p.parent >= 0) depth[i] = depth[static_cast<std::size_t>(p.parent)] + 1;
        out += fmt::format("{:{}}{} {}/{} {} {}-{} {}-{} lines {}", "", depth[i] * 2, p.number,
                           p.type, p.subtype, p.encoding, p.header_begin, p.header_end,
                           p.body_begin, p.body_end, p.lines);
        for (auto& [name, value] : p.parameters) out += fmt::format(" {}={}", name, value);
        if (!p.disposition.empty()) out += " " + p.disposition;
        for (auto& [name, value] : p.disposition_parameters)
            out += fmt::format(" {}={}", name, value);
        out += '\n';
    }
    return out;
}

}  // namespace rook::message
