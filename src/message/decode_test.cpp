#include "message/decode.h"

#include <gtest/gtest.h>

#include "message/parser.h"

namespace rook::message {
namespace {

void expect_decodes(Encoding encoding, std::string_view encoded, std::string_view want) {
    EXPECT_EQ(decode_all(encoding, encoded), want) << encoded;
    for (std::size_t cut = 1; cut < encoded.size(); ++cut) {
        BodyDecoder decoder(encoding);
        std::string out;
        decoder.feed(encoded.substr(0, cut), out);
        decoder.feed(encoded.substr(cut), out);
        decoder.finish(out);
        EXPECT_EQ(out, want) << encoded << " cut at " << cut;
    }
}

TEST(Decode, Base64) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},
        {"Zm9vYmFy", "foobar"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9vYg==\r\n", "foob"},
        {"Zm9v\r\nYmFy\r\n", "foobar"},
        {"Z m 9 v!YmFy", "foobar"},
        {"Zm9vYg", "foob"},
        {"Zm9vY", "foo"},
        {"Zg==Zm8=", "ffo"},
        {"====", ""},
        {"Zm9v\x80YmFy", "foobar"},
    };
    for (auto& [encoded, want] : cases) expect_decodes(Encoding::Base64, encoded, want);
}

TEST(Decode, QuotedPrintable) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},
        {"abc", "abc"},
        {"a=3Db", "a=b"},
        {"a=c3=A9", "a\xC3\xA9"},
        {"a=\r\nb", "ab"},
        {"a=\nb", "ab"},
        {"a= \t\r\nb", "ab"},
        {"a \t\r\nb", "a\r\nb"},
        {"a b\tc", "a b\tc"},
        {"a=20\r\nb", "a \r\nb"},
        {"a=zz", "a=zz"},
        {"a=4", "a=4"},
        {"a=4z", "a=4z"},
        {"a=", "a"},
        {"a==41", "a=A"},
        {"a\rb", "a\rb"},
        {"a\nb\n", "a\nb\n"},
        {"a ", "a "},
        {"= x", "= x"},
        {"==\r\nx", "=x"},
        {"=4=41", "=4A"},
        {" =41 =42 ", " A B "},
    };
    for (auto& [encoded, want] : cases) expect_decodes(Encoding::QuotedPrintable, encoded, want);
    // Memory stays bounded in a run of blanks.
    EXPECT_EQ(decode_all(Encoding::QuotedPrintable, std::string(10'000, ' ') + "x").size(),
              10'001u);
}

TEST(Decode, Names) {
    EXPECT_EQ(encoding_of("BASE64"), Encoding::Base64);
    EXPECT_EQ(encoding_of("Quoted-Printable"), Encoding::QuotedPrintable);
    EXPECT_EQ(encoding_of(""), Encoding::Identity);
    EXPECT_EQ(encoding_of("8bit"), Encoding::Identity);
    EXPECT_EQ(encoding_of("x-uuencode"), Encoding::Unknown);
}

std::string read_all(auto& reader) {
    std::string out;
    for (;;) {
        auto piece = reader.read();
        EXPECT_TRUE(piece);
        if (!piece || piece->empty()) return out;
        out += *piece;
    }
}

TEST(Decode, Parts) {
    std::string message =
        "Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
        "quoted-printable\r\n\r\n<p>h=E9&amp;</p><br>=\r\n!";
    auto summary = parse(message);
    StringSource source(message);
    PartReader bytes(source, summary.parts[0]);
    EXPECT_EQ(read_all(bytes), "<p>h\xE9&amp;</p><br>!");
    TextReader text(source, summary.parts[0], TextReader::Html::Keep);
    EXPECT_EQ(read_all(text), "<p>h\xC3\xA9&amp;</p><br>!");
    TextReader plain(source, summary.parts[0], TextReader::Html::ToText);
    EXPECT_EQ(read_all(plain), "h\xC3\xA9&\n!");

    Part part = summary.parts[0];
    part.body_end += 100;
    PartReader damaged(source, part);
    EXPECT_TRUE(damaged.read());
    EXPECT_EQ(damaged.read().error().why, Why::Corrupt);
}

TEST(Decode, LargeParts) {
    std::string message = "Content-Type: text/plain; charset=utf-8\r\n\r\n", text;
    for (int i = 0; i < 100'000; ++i)
        text += "\xE2\x82\xAC";  // no piece ends between characters by chance
    message += text;
    auto summary = parse(message);
    StringSource source(message);
    TextReader reader(source, summary.parts[0], TextReader::Html::Keep);
    EXPECT_EQ(read_all(reader), text);
}

}  // namespace
}  // namespace rook::message
