// Any bytes in any charset: the name is what stands before the first NUL.
#include "message/charset.h"

#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"

using namespace rook;
using namespace rook::message;

FUZZ(text) {
    fuzz::Input in(text);
    const std::size_t step = in.byte() % 7 + 1u;
    const auto name = in.piece(std::min(in.rest().find('\0'), in.rest().size()));
    (void)in.byte();
    const auto whole = to_utf8(in.rest(), name);
    CHECK(is_valid_utf8(whole));
    Utf8Converter converter(name);
    std::string cut;
    fuzz::in_pieces(in.rest(), step, [&](auto piece) { converter.feed(piece, cut); });
    converter.finish(cut);
    CHECK(is_valid_utf8(cut));
}
