// Any bytes as an address list.
#include "message/address.h"

#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"

using namespace rook;
using namespace rook::message;

// An address is four strings of 32 bytes with their room, and can be two bytes of a list.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 400, .total_times = 1000})) {
    int depth = 0;
    const auto all = parse_addresses(text);
    CHECK(all.size() <= kMostAddresses + 1);
    for (auto& address : all) {
        CHECK(is_valid_utf8(address.name) && is_valid_utf8(address.mailbox) &&
              is_valid_utf8(address.host));
        if (address.kind == Address::Kind::GroupStart) CHECK(++depth == 1);
        if (address.kind == Address::Kind::GroupEnd) CHECK(--depth == 0);
        if (address.kind != Address::Kind::Mailbox) CHECK(address.host.empty());
    }
    CHECK(depth == 0);
    CHECK(parse_raw_addresses(text, 3).size() <= 4);
}
