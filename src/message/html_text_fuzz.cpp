// HTML to text and to a preview: whole and in pieces alike.
#include "message/html_text.h"

#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"
#include "message/preview.h"

using namespace rook;
using namespace rook::message;

FUZZ(text) {
    fuzz::Input in(text);
    const std::size_t step = in.byte() % 17 + 1u;
    const auto html = to_valid_utf8(in.rest());
    const auto whole = html_to_text(html);
    CHECK(is_valid_utf8(whole) && whole.size() <= 2 * html.size() + 8);
    HtmlText reader;
    std::string cut;
    fuzz::in_pieces(html, step, [&](auto piece) { reader.feed(piece, cut); });
    reader.finish(cut);
    CHECK(whole == cut);
    const auto preview = fold_preview(whole);
    CHECK(is_valid_utf8(preview) && utf8_length(preview) <= kPreviewCharacters);
    Part part;
    part.subtype = "html";
    CHECK(utf8_length(make_preview(part, in.rest())) <= kPreviewCharacters);
}
