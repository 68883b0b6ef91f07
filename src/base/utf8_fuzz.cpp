// UTF-8: characters cover the bytes, and what was mended stays as it is.
#include "base/utf8.h"

#include <string>

#include "base/check.h"
#include "base/fuzzing.h"

using namespace rook;

FUZZ(text) {
    std::size_t at = 0, characters = 0;
    bool is_valid = true;
    std::string again;
    while (at < text.size()) {
        const auto before = at;
        const auto c = next_utf8(text, at);
        CHECK(at > before && at <= text.size() && at - before <= 4);
        is_valid = is_valid && c != kNotUtf8;
        append_utf8(again, c == kNotUtf8 ? kReplacement : c);
        ++characters;
    }
    CHECK(is_valid_utf8(text) == is_valid);
    CHECK(utf8_length(text) == characters);
    CHECK(to_valid_utf8(text) == again && is_valid_utf8(again));
    CHECK(!is_valid || again == text);
    const std::size_t some = text.empty() ? 0 : static_cast<unsigned char>(text[0]);
    const auto cut = truncate_utf8(again, some);
    CHECK(cut.size() <= some && is_valid_utf8(cut) &&
          cut.size() + 3 >= std::min(some, again.size()));
    CHECK(utf8_length(first_utf8(again, some)) == std::min(some, characters));
}
