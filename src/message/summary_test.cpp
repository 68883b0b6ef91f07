#include "message/summary.h"

#include <gtest/gtest.h>

#include "base/ascii.h"
#include "message/test_support.h"

namespace rook::message {
namespace {

Summary sample() {
    return parse(crlf(
        "From: A <a@x>\nTo: G: b@y;\nBcc: c@z\nSubject: s\nDate: Mon, 2 Jan 2006 15:04:05 "
        "-0700\nMessage-ID: <m@x>\nReferences: <r@x>\n"
        "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-ID: <i>\nContent-Description: "
        "d\nContent-MD5: m\nContent-Language: "
        "en\nContent-Location: l\nContent-Disposition: attachment; filename=f\n\ntext\n--b--\n"));
}

TEST(SummaryRecord, ComesBack) {
    auto s = sample();
    auto record = encode(s);
    auto view = SummaryView::open(record).value();
    EXPECT_EQ(view.parser_version(), kParserVersion);
    EXPECT_EQ(view.size(), s.size);
    EXPECT_EQ(view.header_size(), s.header_size);
    EXPECT_EQ(view.sent(), s.sent);
    EXPECT_EQ(view.sent_zone(), -420);
    EXPECT_TRUE(view.has_attachment());
    EXPECT_EQ(view.subject(), "s");
    EXPECT_EQ(view.base_subject(), "s");
    EXPECT_EQ(view.message_id(), "m@x");
    EXPECT_EQ(view.preview(), s.preview);
    EXPECT_EQ(view.header(), s.header);
    EXPECT_EQ(view.imap_envelope(), s.imap_envelope);
    EXPECT_EQ(view.imap_body(), s.imap_body);
    EXPECT_EQ(view.imap_bodystructure(), s.imap_bodystructure);
    EXPECT_EQ(view.references(), std::vector<std::string>{"r@x"});
    EXPECT_EQ(view.addresses(SummaryView::Role::From).at(0).name, "A");
    EXPECT_EQ(view.addresses(SummaryView::Role::ReplyTo).at(0).mailbox, "a");
    EXPECT_EQ(view.addresses(SummaryView::Role::To).size(), 3u);
    EXPECT_EQ(view.addresses(SummaryView::Role::Cc).size(), 0u);
    EXPECT_EQ(view.addresses(SummaryView::Role::Bcc).at(0).host, "z");
    auto parts = view.parts().value();
    EXPECT_EQ(describe(parts), describe(s.parts));
    EXPECT_EQ(parts[1].id, "<i>");
    EXPECT_EQ(parts[1].description, "d");
    EXPECT_EQ(parts[1].md5, "m");
    EXPECT_EQ(parts[1].language, "en");
    EXPECT_EQ(parts[1].location, "l");
}

// docs/formats/summary.md. Never changed: a new version of the format gets a record of its own
// here.
TEST(SummaryRecord, BytesOfVersion1) {
    constexpr std::string_view kHex =
        "0001231e0000000652653a20686902686900037965731e46726f6d3a206140780d0a5375626a6563"
        "743a2052653a2068690d0a0d0a5e284e494c202252653a206869222028284e494c204e494c202261"
        "222022782229292028284e494c204e494c202261222022782229292028284e494c204e494c202261"
        "22202278222929204e494c204e494c204e494c204e494c204e494c293a282274657874222022706c"
        "61696e222028226368617273657422202275732d61736369692229204e494c204e494c2022376269"
        "742220352031294a282274657874222022706c61696e222028226368617273657422202275732d61"
        "736369692229204e494c204e494c2022376269742220352031204e494c204e494c204e494c204e49"
        "4c2901001801000001610178010000016101780100000161017800000031010101001e1e05010474"
        "65787405706c61696e00000000000437626974000107636861727365740875732d617363696900";
    std::string record;
    for (std::size_t i = 0; i < kHex.size(); i += 2) {
        record += static_cast<char>(hex_value(kHex[i]) << 4 | hex_value(kHex[i + 1]));
    }
    auto view = SummaryView::open(record).value();
    EXPECT_EQ(view.parser_version(), 1);
    EXPECT_EQ(view.size(), 35u);
    EXPECT_EQ(view.subject(), "Re: hi");
    EXPECT_EQ(view.base_subject(), "hi");
    EXPECT_EQ(view.preview(), "yes");
    EXPECT_EQ(view.addresses(SummaryView::Role::From).at(0).mailbox, "a");
    EXPECT_EQ(view.parts().value().at(0).body_begin, 30u);
    if (kParserVersion == 1)
        EXPECT_EQ(encode(parse("From: a@x\r\nSubject: Re: hi\r\n\r\nyes\r\n")), record);
}

TEST(SummaryRecord, WithoutADate) {
    Summary s;
    s.parts.resize(1);
    auto record = encode(s);
    EXPECT_EQ(SummaryView::open(record).value().sent(), std::nullopt);
    s.sent = 0;
    record = encode(s);
    EXPECT_EQ(SummaryView::open(record).value().sent(), 0);
}

void read_everything(std::string_view record) {
    auto view = SummaryView::open(record);
    if (!view) {
        EXPECT_EQ(view.error().why, Why::Corrupt);
        return;
    }
    view->references();
    for (int role = 0; role < 6; ++role) view->addresses(static_cast<SummaryView::Role>(role));
    auto parts = view->parts();
    if (!parts) return;
    for (std::size_t i = 0; i < parts->size(); ++i) {
        auto& part = (*parts)[i];
        EXPECT_LT(part.parent, static_cast<std::int64_t>(i));
        EXPECT_LE(part.body_end, view->size());
        EXPECT_LE(part.body_begin, part.body_end);
    }
}

TEST(SummaryRecord, DamageIsNoHarm) {
    auto record = encode(sample());
    for (std::size_t size = 0; size < record.size(); ++size) {
        EXPECT_FALSE(SummaryView::open(record.substr(0, size))) << size;
    }
    EXPECT_FALSE(SummaryView::open(record + "x"));
    for (std::size_t i = 0; i < record.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            auto damaged = record;
            damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
            read_everything(damaged);
        }
        for (char c : {'\xFF', '\x00', '\x7F'}) {
            auto damaged = record;
            damaged[i] = c;
            read_everything(damaged);
        }
    }
}

}  // namespace
}  // namespace rook::message
