// The admin API's lines. One JSON object a line, either way:
//
//     {"verb":"account show","args":{"address":"ann@example.org"}}
//     {"answer":{...}}
//
// A verb that takes bytes gets them behind its line, in pieces, and answers at the end:
//
//     {"verb":"deliver","args":{...}}
//     {"bytes":1234}          1,234 bytes as they are follow
//     {"end":true}
//     {"answer":{...}}
//
// An answer may be {"error":{"why":"not-found","said":"..."}} instead. One call at a time; a
// connection may make several.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "admin/json.h"
#include "base/result.h"

namespace rook::admin {

struct CallLine {
    std::string verb;
    Json args;
};
struct BytesLine {
    std::uint64_t count;
};
struct EndLine {};
using RequestLine = std::variant<CallLine, BytesLine, EndLine>;

// Without its LF. BadSyntax.
Result<RequestLine> read_request(std::string_view line);

// With their LF.
std::string call_line(std::string_view verb, const Json& args);
std::string bytes_line(std::uint64_t count);
std::string end_line();
std::string answer_line(const Result<Json>&);

// The caller's end: the answer, or the error that it holds.
Result<Json> read_answer(std::string_view line);

}  // namespace rook::admin
