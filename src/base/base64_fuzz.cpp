// Base64 as protocols use it: one spelling for each text.
#include "base/base64.h"

#include "base/check.h"
#include "base/fuzzing.h"

using namespace rook;

FUZZ(text) {
    CHECK(base64_decode(base64_encode(text)) == text);
    CHECK(base64url_decode(base64url_encode(text)) == text);
    if (auto bytes = base64_decode(text)) CHECK(base64_encode(*bytes) == text);
    if (auto bytes = base64url_decode(text)) CHECK(base64url_encode(*bytes) == text);
}
