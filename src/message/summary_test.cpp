#include "message/summary.h"

#include <gtest/gtest.h>

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
