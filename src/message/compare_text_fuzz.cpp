// The form in which text is compared, in pieces too, and the search in it.
#include "message/compare_text.h"

#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"

using namespace rook;
using namespace rook::message;

FUZZ(text) {
    fuzz::Input in(text);
    const std::size_t step = in.byte() % 17 + 1u;
    const auto needle = normal_form(to_valid_utf8(in.piece(in.byte())));
    // Of more without ASCII the pieces may differ.
    const auto hay = to_valid_utf8(in.rest().substr(0, 1024));
    const auto whole = normal_form(hay);
    CHECK(is_valid_utf8(whole));
    NormalForm form;
    NeedleFinder finder(needle);
    std::string cut;
    fuzz::in_pieces(hay, step, [&](auto piece) { form.feed(piece, cut); });
    form.finish(cut);
    CHECK(whole == cut);
    fuzz::in_pieces(whole, step, [&](auto piece) { finder.feed(piece); });
    const bool is_there = whole.find(needle) != std::string::npos;
    CHECK(contains(whole, needle) == is_there && finder.found() == is_there);
}
