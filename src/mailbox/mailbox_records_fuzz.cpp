// An account's small records: any payload is refused, or written again as it was understood.
#include "base/check.h"
#include "base/fuzzing.h"
#include "mailbox/records.h"

using namespace rook;
using namespace rook::mailbox;

// A place, an entry or a name is up to 80 bytes in memory, and can be one or two of the record.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 200, .total_times = 800})) {
    fuzz::Input in(text);
    const auto kind = in.byte() % 9;
    const auto bytes = in.rest();
    const auto same = [](auto&& decode, const std::string& written) {
        const auto again = decode(written);
        CHECK(again && encode(*again) == written);
    };
    switch (kind) {
        case 0:
            if (auto r = decode_account(bytes)) same(decode_account, encode(*r));
            break;
        case 1:
            if (auto r = decode_counters(bytes)) {
                const auto written = encode(r->counters, r->recent_from);
                const auto again = decode_counters(written);
                CHECK(again && again->counters == r->counters);
            }
            break;
        case 2:
            if (auto r = decode_properties(bytes)) same(decode_properties, encode(*r));
            break;
        case 3: {
            const auto decode = [](std::string_view b) { return decode_page_info(b, Uid{3}); };
            if (auto r = decode(bytes)) same(decode, encode(*r));
            break;
        }
        case 4:
            if (auto r = decode_email(bytes)) same(decode_email, encode(*r));
            break;
        case 5:
            if (auto r = decode_change(bytes)) same(decode_change, encode(*r));
            break;
        case 6:
            if (auto r = decode_expunged(bytes)) same(decode_expunged, encode(*r));
            break;
        case 7:
            if (auto r = decode_freed(bytes)) same(decode_freed, encode(*r));
            break;
        default:
            if (auto r = decode_doomed(bytes)) same(decode_doomed, encode(*r));
    }
}
