// Parts read from any place of any bytes, as a damaged record may name it, in any encoding.
#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"
#include "message/decode.h"

using namespace rook;
using namespace rook::message;

namespace {

// False when the source was damaged.
template <class Reader, class Each>
bool read_all(Reader& reader, bool must_succeed, Each&& each) {
    for (;;) {
        const auto piece = reader.read();
        CHECK(piece || !must_succeed);
        if (!piece) return false;
        if (piece->empty()) return true;
        each(*piece);
    }
}

}  // namespace

FUZZ(text) {
    fuzz::Input in(text);
    constexpr std::string_view encodings[] = {"7bit", "base64", "quoted-printable", "x-unknown"};
    Part part;
    part.encoding = encodings[in.byte() % 4];
    part.subtype = in.byte() % 2 == 0 ? "plain" : "html";
    part.parameters = {{"charset", std::string(in.piece(in.byte() % 16))}};
    part.body_begin = in.u16();
    part.body_end = in.u16();
    StringSource source(in.rest());
    // A part that ends behind the message is damage, found when its end is read.
    const bool is_there = part.body_begin >= part.body_end || part.body_end <= in.rest().size();
    PartReader reader(source, part);
    std::string whole;
    if (read_all(reader, is_there, [&](auto& piece) { whole += piece; }) &&
        part.body_begin <= part.body_end) {
        const auto body = in.rest().substr(std::min<std::size_t>(part.body_begin, in.rest().size()),
                                           part.body_end - part.body_begin);
        CHECK(whole == decode_all(encoding_of(part.encoding), body));
    }
    for (auto html : {TextReader::Html::Keep, TextReader::Html::ToText}) {
        TextReader texts(source, part, html);
        read_all(texts, is_there, [](auto& piece) { CHECK(is_valid_utf8(piece)); });
    }
}
