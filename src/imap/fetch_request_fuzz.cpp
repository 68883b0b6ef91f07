// Any bytes as the items and modifiers of FETCH.
#include "base/check.h"
#include "base/fuzzing.h"
#include "imap/fetch.h"

using namespace rook;
using namespace rook::imap;

// An item is an object of its own: a name of three letters is some 150 bytes.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 100, .total_times = 400})) {
    fuzz::Input in(text);
    const auto by = in.byte() % 2 == 0 ? By::Seq : By::Uid;
    Args args(in.rest());
    const auto request = read_fetch_request(args, by);
    if (!request) return;
    CHECK(args.at_end() && !request->values.empty());
    CHECK(by == By::Seq || request->has_uid);
    bool sets_seen = false;
    for (auto& value : request->values) sets_seen = sets_seen || value->sets_seen();
    CHECK(request->sets_seen() == sets_seen);
    (void)request->needs();
}
