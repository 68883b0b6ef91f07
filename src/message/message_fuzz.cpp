// Any bytes as a message: parsed whole and in pieces, encoded, opened, and every part read.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/utf8.h"
#include "message/compare_text.h"
#include "message/decode.h"
#include "message/header.h"
#include "message/parser.h"

using namespace rook;
using namespace rook::message;

namespace {

void check_parts(const Summary& s) {
    CHECK(!s.parts.empty() && s.parts[0].parent == -1);
    std::vector<int> children(s.parts.size());
    for (std::size_t i = 0; i < s.parts.size(); ++i) {
        auto& part = s.parts[i];
        CHECK(part.header_begin <= part.header_end && part.header_end <= s.size);
        CHECK(part.body_begin <= part.body_end && part.body_end <= s.size);
        CHECK(part.header_end <= part.body_begin);
        if (i == 0) continue;
        CHECK(part.parent >= 0 && part.parent < static_cast<std::int32_t>(i));
        auto& parent = s.parts[static_cast<std::size_t>(part.parent)];
        CHECK(parent.is_multipart() || parent.is_message());
        CHECK(part.header_begin >= parent.body_begin && part.body_end <= parent.body_end);
        CHECK(part.number ==
              static_cast<std::uint32_t>(++children[static_cast<std::size_t>(part.parent)]));
    }
    for (std::size_t i = 0; i < s.parts.size(); ++i) {
        CHECK((children[i] > 0) == (s.parts[i].is_multipart() || s.parts[i].is_message()));
        CHECK(!s.parts[i].is_message() || children[i] == 1);
    }
}

void check_texts(const Summary& s) {
    for (auto* text : {&s.imap_envelope, &s.imap_body, &s.imap_bodystructure})
        CHECK(text->find('\0') == text->npos);
    CHECK(is_valid_utf8(s.subject) && is_valid_utf8(s.base_subject) && is_valid_utf8(s.preview));
    for (auto* list : {&s.from, &s.sender, &s.reply_to, &s.to, &s.cc, &s.bcc}) {
        for (auto& address : *list)
            CHECK(is_valid_utf8(address.name) && is_valid_utf8(address.mailbox) &&
                  is_valid_utf8(address.host));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    auto summary = parse(text);
    check_parts(summary);
    check_texts(summary);
    CHECK(summary.size == size);

    auto record = encode(summary);
    Parser parser;
    std::size_t step = size > 0 ? data[0] % 7 + 1 : 1;
    for (std::size_t at = 0; at < size; at += step) parser.feed(text.substr(at, step));
    CHECK(encode(parser.finish()) == record);

    auto view = SummaryView::open(record);
    CHECK(view.has_value());
    CHECK(view->parts().has_value());

    StringSource source(text);
    for (std::size_t i = 0; i < summary.parts.size() && i < 20; ++i) {
        TextReader reader(source, summary.parts[i], TextReader::Html::ToText);
        NormalForm form;
        std::string normal;
        for (;;) {
            auto piece = reader.read();
            CHECK(piece.has_value());
            if (piece->empty()) break;
            CHECK(is_valid_utf8(*piece));
            form.feed(*piece, normal);
        }
        form.finish(normal);
    }
    auto only = pick_fields(summary.header, {"subject", "to"}, Pick::Only);
    auto rest = pick_fields(summary.header, {"subject", "to"}, Pick::AllBut);
    CHECK(only.size() + rest.size() <= summary.header.size() + 4);
    // A record with damage: whatever is in it, no harm.
    if (SummaryView::open(text)) (void)SummaryView::open(text)->parts();
    return 0;
}
