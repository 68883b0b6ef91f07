// The arguments of MAIL and RCPT: read, written plainly and read again.
#include <string>

#include "base/ascii.h"
#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"
#include "smtp/receive/wire/path.h"

using namespace rook;
using namespace rook::smtp::wire;

// A parameter is 40 bytes, and can be two of the line.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 100, .total_times = 200})) {
    for (std::string_view keyword : {"FROM", "TO"}) {
        const auto path = parse_path_args(text, keyword);
        if (!path) continue;
        CHECK(path->address.find_first_of("\r\n<>") == std::string_view::npos ||
              path->address.find('"') != std::string_view::npos);
        CHECK(!path->is_utf8 || is_valid_utf8(path->address));
        auto written = std::string(keyword) + ":<" + std::string(path->address) + ">";
        for (auto& one : path->parameters) {
            written += " " + std::string(one.name);
            if (one.has_value) written += "=" + std::string(one.value);
        }
        const auto again = parse_path_args(written, keyword);
        CHECK(again && again->address == path->address && again->is_utf8 == path->is_utf8);
        CHECK(again->parameters.size() == path->parameters.size());
    }
}
