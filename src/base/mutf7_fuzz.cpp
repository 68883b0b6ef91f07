// Any bytes as a mailbox name on the wire and as one in UTF-8.
#include <cstddef>
#include <cstdint>

#include "base/base64.h"
#include "base/check.h"
#include "base/date.h"
#include "base/mutf7.h"
#include "base/utf8.h"

using namespace rook;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    if (auto name = mutf7_decode(text)) {
        CHECK(is_valid_utf8(*name));
        CHECK(mutf7_encode(*name) == text);
    }
    CHECK(mutf7_decode(mutf7_encode(text)) == to_valid_utf8(text));
    CHECK(base64_decode(base64_encode(text)) == text);
    if (auto bytes = base64_decode(text)) CHECK(base64_encode(*bytes) == text);
    if (auto bytes = base64url_decode(text)) CHECK(base64url_encode(*bytes) == text);
    if (auto date = parse_imap_date_time(text))
        CHECK(parse_imap_date_time(format_imap_date_time(*date)) == date);
    return 0;
}
