// Any bytes as a header value with encoded words.
#include "message/encoded_word.h"

#include "base/ascii.h"
#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"

using namespace rook;
using namespace rook::message;

FUZZ(text) {
    const auto decoded = decode_encoded_words(text);
    CHECK(is_valid_utf8(decoded));
    if (is_valid_utf8(text) && text.find("=?") == std::string_view::npos) CHECK(decoded == text);
}
