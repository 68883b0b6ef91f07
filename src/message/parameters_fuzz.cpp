// Any bytes as a Content-Type with the parameters of RFC 2231.
#include "message/parameters.h"

#include "base/ascii.h"
#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"

using namespace rook;
using namespace rook::message;

FUZZ(text) {
    const auto content = parse_content_value(text);
    CHECK(content.parameters.size() <= kMostParameters);
    CHECK(content.word == to_lower(content.word));
    for (auto& one : content.parameters) {
        CHECK(one.name == to_lower(one.name) && is_valid_utf8(one.value));
        CHECK(one.value.find('\0') == std::string::npos);
        CHECK(one.imap_value.find('\0') == std::string::npos);
        CHECK(content.find(one.name));
    }
    if (auto halves = split_media_type(content.word))
        CHECK(halves->first + "/" + halves->second == content.word);
}
