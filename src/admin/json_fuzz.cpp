// The admin API's lines: read, written and read again.
#include "admin/json.h"

#include "admin/wire.h"
#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"

using namespace rook;
using namespace rook::admin;

// A value is 48 bytes and, while lists grow, twice that; "0," is one.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 400, .total_times = 1000})) {
    if (auto json = read_json(text)) {
        const auto written = write_json(*json);
        CHECK(written.find('\n') == std::string::npos && is_valid_utf8(written));
        CHECK(read_json(written) == *json && read_json(show_json(*json)) == *json);
    }
    if (auto request = read_request(text)) {
        if (auto* call = std::get_if<CallLine>(&*request)) {
            auto line = call_line(call->verb, call->args, call->tell);
            CHECK(line.ends_with('\n'));
            line.pop_back();
            const auto again = read_request(line);
            CHECK(again && std::get<CallLine>(*again).verb == call->verb);
            CHECK(std::get<CallLine>(*again).args == call->args);
        }
    }
    if (auto answer = read_answer(text)) {
        auto line = answer_line(answer);
        line.pop_back();
        CHECK(read_answer(line) == *answer);
    }
    (void)read_progress(text);
}
