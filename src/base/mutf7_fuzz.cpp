// Any bytes as a mailbox name on the wire and as one in UTF-8.
#include "base/mutf7.h"

#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"

using namespace rook;

FUZZ(text) {
    if (auto name = mutf7_decode(text)) {
        CHECK(is_valid_utf8(*name));
        CHECK(mutf7_encode(*name) == text);
    }
    CHECK(mutf7_decode(mutf7_encode(text)) == to_valid_utf8(text));
}
