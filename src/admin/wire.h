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
// Who says "progress":true in a call of what takes long hears now and then how far it is:
//
//     {"verb":"check","progress":true}
//     {"progress":{"done":12,"all":100}}
//     {"answer":{...}}
//
// An answer may be {"error":{"why":"not-found","said":"..."}} instead. One call at a time; a
// connection may make several.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "admin/json.h"
#include "base/result.h"

namespace rook::admin {

// What a caller wants to hear.
enum class Tell : std::uint8_t { Answer, Progress };

struct CallLine {
    std::string verb;
    Json args;
    Tell tell = Tell::Answer;
};
struct BytesLine {
    std::uint64_t count;
};
struct EndLine {};
using RequestLine = std::variant<CallLine, BytesLine, EndLine>;

// Without its LF. BadSyntax.
Result<RequestLine> read_request(std::string_view line);

// With their LF.
std::string call_line(std::string_view verb, const Json& args, Tell = Tell::Answer);
std::string bytes_line(std::uint64_t count);
std::string end_line();
std::string answer_line(const Result<Json>&);
std::string progress_line(std::uint64_t done, std::uint64_t all);

// The caller's end: the answer, or the error that it holds.
Result<Json> read_answer(std::string_view line);
struct ProgressLine {
    std::uint64_t done, all;
};
// Nullopt when it is another line.
std::optional<ProgressLine> read_progress(std::string_view line);

}  // namespace rook::admin
