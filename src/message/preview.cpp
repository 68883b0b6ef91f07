#include "message/preview.h"

#include "base/ascii.h"
#include "base/utf8.h"
#include "message/charset.h"
#include "message/decode.h"
#include "message/html_text.h"

namespace rook::message {
namespace {

bool is_invisible(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x34F ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x2069) || c == 0xFEFF || c == kNotUtf8;
}

bool is_white(char32_t c) {
    return c == ' ' || (c >= 0x09 && c <= 0x0D) || c == 0xA0 || (c >= 0x2000 && c <= 0x200A) ||
           c == 0x202F || c == 0x3000;
}

}  // namespace

std::string fold_preview(std::string_view utf8, std::size_t characters) {
    std::string out;
    bool space = false;
    std::size_t count = 0;
    for (std::size_t at = 0; at < utf8.size() && count < characters;) {
        char32_t c = next_utf8(utf8, at);
        if (is_white(c)) {
            space = !out.empty();
        } else if (!is_invisible(c)) {
            if (space && count + 1 == characters) break;
            if (space) out += ' ', ++count;
            space = false;
            append_utf8(out, c);
            ++count;
        }
    }
    return out;
}

std::string make_preview(const Part& part, std::string_view encoded) {
    std::string charset;
    for (auto& [name, value] : part.parameters) {
        if (name == "charset") charset = value;
    }
    auto text = to_utf8(decode_all(encoding_of(part.encoding), encoded), charset);
    if (part.subtype == "html") text = html_to_text(text);
    return fold_preview(text);
}

}  // namespace rook::message
