#include "base/codec.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

namespace rook {
namespace {

using namespace std::string_view_literals;

std::string hex(std::string_view bytes) {
    std::string out;
    for (char c : bytes) {
        constexpr char kDigits[] = "0123456789abcdef";
        out += kDigits[static_cast<std::uint8_t>(c) >> 4];
        out += kDigits[c & 15];
    }
    return out;
}

TEST(Codec, BytesOnDisk) {
    struct Case {
        std::function<void(Writer&)> write;
        const char* want;
    };
    const Case cases[] = {
        {[](Writer& w) { w.u8(0).u8(255); }, "00ff"},
        {[](Writer& w) { w.u32(0x01020304); }, "01020304"},
        {[](Writer& w) { w.u64(0x0102030405060708); }, "0102030405060708"},
        {[](Writer& w) { w.varint(0).varint(127).varint(128).varint(300); }, "007f8001ac02"},
        {[](Writer& w) { w.varint(UINT64_MAX); }, "ffffffffffffffffff01"},
        {[](Writer& w) { w.zigzag(0).zigzag(-1).zigzag(1).zigzag(-64).zigzag(64); },
         "0001027f8001"},
        {[](Writer& w) { w.zigzag(INT64_MIN); }, "ffffffffffffffffff01"},
        {[](Writer& w) { w.bytes("ab").text("").text("abc"); }, "61620003616263"},
    };
    for (const auto& c : cases) {
        std::string out;
        Writer writer(out);
        c.write(writer);
        EXPECT_EQ(hex(out), c.want);
    }
}

TEST(Codec, RoundTrips) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 10'000; ++i) {
        // Numbers of every length.
        auto number = random() >> random() % 64;
        auto sign = static_cast<std::int64_t>(number) * (random() % 2 ? 1 : -1);
        std::string text(random() % 300, 'x'), out;
        Writer(out)
            .u8(static_cast<std::uint8_t>(number))
            .u32(static_cast<std::uint32_t>(number))
            .u64(number)
            .varint(number)
            .zigzag(sign)
            .text(text)
            .bytes("end");
        Reader in(out);
        EXPECT_EQ(in.u8(), static_cast<std::uint8_t>(number));
        EXPECT_EQ(in.u32(), static_cast<std::uint32_t>(number));
        EXPECT_EQ(in.u64(), number);
        EXPECT_EQ(in.varint(), number);
        EXPECT_EQ(in.zigzag(), sign);
        EXPECT_EQ(in.text(), text);
        EXPECT_EQ(in.rest(), "end");
        EXPECT_EQ(in.bytes(3), "end");
        EXPECT_TRUE(in.at_end() && !in.failed());
    }
}

TEST(Codec, BigEndianSortsAsTheNumbers) {
    std::mt19937_64 random(2);
    for (int i = 0; i < 1000; ++i) {
        auto a = random() >> random() % 64, b = random() >> random() % 64;
        std::string x, y;
        Writer(x).u64(a);
        Writer(y).u64(b);
        EXPECT_EQ(a < b, x < y);
    }
}

TEST(Codec, BadInputFailsAndStays) {
    struct Case {
        std::string_view in;
        std::function<void(Reader&)> read;
    };
    const Case cases[] = {
        {"", [](Reader& r) { EXPECT_EQ(r.u8(), 0); }},
        {"abc", [](Reader& r) { EXPECT_EQ(r.u32(), 0u); }},
        {"abcdefg", [](Reader& r) { EXPECT_EQ(r.u64() & 0xFFFFFFFF, 0u); }},
        {"\x80", [](Reader& r) { EXPECT_EQ(r.varint(), 0u); }},
        {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x02", [](Reader& r) { EXPECT_EQ(r.varint(), 0u); }},
        {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01",
         [](Reader& r) { EXPECT_EQ(r.varint(), 0u); }},
        {"\x05"
         "abcd",
         [](Reader& r) { EXPECT_EQ(r.text(), ""); }},
        {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"
         "abc",
         [](Reader& r) { EXPECT_EQ(r.text(), ""); }},
        {"ab", [](Reader& r) { EXPECT_EQ(r.bytes(SIZE_MAX), ""); }},
    };
    for (const auto& c : cases) {
        Reader in(c.in);
        c.read(in);
        EXPECT_TRUE(in.failed()) << hex(c.in);
        EXPECT_EQ(in.u8(), 0);
        EXPECT_EQ(in.text(), "");
        EXPECT_TRUE(in.failed());
    }
}

TEST(Crc32c, KnownSums) {
    // RFC 3720 B.4, and the customary check value.
    EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
    EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
    EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
    EXPECT_EQ(crc32c(""), 0u);
}

TEST(Crc32c, GoesOnFromASeed) {
    std::string text = "The quick brown fox jumps over the lazy dog";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        EXPECT_EQ(crc32c(text.substr(cut), crc32c(text.substr(0, cut))), crc32c(text));
    }
}

// Long texts are summed in lanes, short ones are not.
TEST(Crc32c, LongTextsSumAsTheirPiecesDo) {
    std::string text;
    for (unsigned i = 0; text.size() < 10'000; ++i) text += static_cast<char>(i * i >> 3);
    for (std::size_t size : {3071u, 3072u, 3073u, 6143u, 6144u, 9999u, 10'000u}) {
        std::uint32_t sum = 0;
        for (std::size_t at = 0; at < size; at += 100)
            sum = crc32c(std::string_view(text).substr(at, std::min<std::size_t>(100, size - at)),
                         sum);
        EXPECT_EQ(crc32c(std::string_view(text).substr(0, size)), sum) << size;
    }
}

TEST(Seal, RoundTripAndTwoWays) {
    auto value = sealed(3, "key", "payload");
    EXPECT_EQ(value.size(), 1 + 7 + 4u);
    std::string other = "payload";
    seal(other, 3, "key");
    EXPECT_EQ(other, value);
    auto opened = unseal("key", value, 3);
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->version, 3);
    EXPECT_EQ(opened->payload, "payload");
    EXPECT_EQ(unseal("k", sealed(1, "k", ""), 1)->payload, "");
}

TEST(Seal, EveryFlippedBitIsDamage) {
    auto value = sealed(1, "key", "payload");
    for (std::size_t i = 0; i < value.size() * 8; ++i) {
        auto bad = value;
        bad[i / 8] = static_cast<char>(bad[i / 8] ^ (1 << i % 8));
        EXPECT_EQ(unseal("key", bad, 255).error().why, Why::Corrupt);
    }
    for (std::size_t n = 0; n < value.size(); ++n) {
        EXPECT_EQ(unseal("key", value.substr(0, n), 1).error().why, Why::Corrupt);
    }
    EXPECT_EQ(unseal("kez", value, 1).error().why, Why::Corrupt);
    EXPECT_EQ(unseal("", value, 1).error().why, Why::Corrupt);
}

TEST(Seal, NewerVersionIsNotDamage) {
    EXPECT_EQ(unseal("key", sealed(2, "key", "payload"), 1).error().why, Why::Unsupported);
}

}  // namespace
}  // namespace rook
