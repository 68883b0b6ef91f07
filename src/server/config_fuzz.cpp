// Any bytes as the configuration: refused in words, or shown and read again.
#include "server/config.h"

#include "base/check.h"
#include "base/fuzzing.h"

using namespace rook;
using namespace rook::server;

// toml++ keeps a node of some 200 bytes for each value, with its place in the file.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 400, .total_times = 4000})) {
    const auto config = parse_config(text, "fuzz.toml");
    if (!config) {
        CHECK(!config.error().said.empty());
        return;
    }
    const auto shown = show_config(*config);
    const auto again = parse_config(shown, "fuzz.toml");
    CHECK(again && show_config(*again) == shown);
}
