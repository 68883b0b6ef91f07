// Content-Transfer-Encodings: whole and in pieces alike, never longer than what came, and undone.
#include "message/decode.h"

#include "base/base64.h"
#include "base/check.h"
#include "base/fuzzing.h"

using namespace rook;
using namespace rook::message;

FUZZ(text) {
    fuzz::Input in(text);
    const std::size_t step = in.byte() % 17 + 1u;
    (void)encoding_of(in.rest());
    for (auto encoding :
         {Encoding::Identity, Encoding::Base64, Encoding::QuotedPrintable, Encoding::Unknown}) {
        const auto whole = decode_all(encoding, in.rest());
        CHECK(whole.size() <= in.rest().size() + 2);
        BodyDecoder decoder(encoding);
        std::string cut;
        fuzz::in_pieces(in.rest(), step, [&](auto piece) { decoder.feed(piece, cut); });
        decoder.finish(cut);
        CHECK(whole == cut);
    }
    CHECK(decode_all(Encoding::Base64, base64_encode(in.rest())) == in.rest());
}
