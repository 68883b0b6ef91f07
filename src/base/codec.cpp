#include "base/codec.h"

#include <array>
#include <cstring>
#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

#include "base/sabotage.h"

namespace rook {

Writer& Writer::u8(std::uint8_t v) {
    out_.push_back(static_cast<char>(v));
    return *this;
}

Writer& Writer::u32(std::uint32_t v) {
    for (int shift = 24; shift >= 0; shift -= 8) out_.push_back(static_cast<char>(v >> shift));
    return *this;
}

Writer& Writer::u64(std::uint64_t v) {
    for (int shift = 56; shift >= 0; shift -= 8) out_.push_back(static_cast<char>(v >> shift));
    return *this;
}

Writer& Writer::varint(std::uint64_t v) {
    while (v >= 0x80) {
        out_.push_back(static_cast<char>(v | 0x80));
        v >>= 7;
    }
    out_.push_back(static_cast<char>(v));
    return *this;
}

Writer& Writer::zigzag(std::int64_t v) {
    return varint((static_cast<std::uint64_t>(v) << 1) ^ static_cast<std::uint64_t>(v >> 63));
}

Writer& Writer::bytes(std::string_view v) {
    out_.append(v);
    return *this;
}

Writer& Writer::text(std::string_view v) { return varint(v.size()).bytes(v); }

bool Reader::need(std::size_t n) {
    if (failed_ || in_.size() < n) failed_ = true;
    return !failed_;
}

std::uint8_t Reader::u8() {
    if (!need(1)) return 0;
    auto v = static_cast<std::uint8_t>(in_[0]);
    in_.remove_prefix(1);
    return v;
}

std::uint32_t Reader::u32() {
    if (!need(4)) return 0;
    std::uint32_t v = 0;
    for (int i = 0; i < 4; ++i) v = v << 8 | static_cast<std::uint8_t>(in_[i]);
    in_.remove_prefix(4);
    return v;
}

std::uint64_t Reader::u64() {
    auto high = u32();
    auto low = u32();
    return static_cast<std::uint64_t>(high) << 32 | low;
}

std::uint64_t Reader::varint() {
    std::uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (!need(1)) return 0;
        auto byte = static_cast<std::uint8_t>(in_[0]);
        if (shift == 63 && byte > 1) break;
        in_.remove_prefix(1);
        v |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
        if (byte < 0x80) return v;
    }
    failed_ = true;
    return 0;
}

std::int64_t Reader::zigzag() {
    auto v = varint();
    return static_cast<std::int64_t>(v >> 1) ^ -static_cast<std::int64_t>(v & 1);
}

std::string_view Reader::bytes(std::size_t n) {
    if (!need(n)) return {};
    auto v = in_.substr(0, n);
    in_.remove_prefix(n);
    return v;
}

std::string_view Reader::text() { return bytes(varint()); }

namespace {

constexpr auto kCrcTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t c = i;
        for (int bit = 0; bit < 8; ++bit) c = c & 1 ? 0x82F63B78u ^ (c >> 1) : c >> 1;
        table[i] = c;
    }
    return table;
}();

std::uint32_t crc32c_table(std::string_view bytes, std::uint32_t crc) {
    for (char c : bytes) crc = kCrcTable[(crc ^ static_cast<std::uint8_t>(c)) & 0xFF] ^ (crc >> 8);
    return crc;
}

#if defined(__x86_64__)
// The instruction takes three cycles but can begin anew in each: long texts are summed as three
// lanes side by side.
constexpr std::size_t kLane = 1024;

// What a register becomes behind a lane of zeros, by its bytes. The sum is linear, so that this
// joins the sums of two lanes.
constexpr auto kBehindLane = [] {
    std::array<std::array<std::uint32_t, 256>, 4> table{};
    for (unsigned bit = 0; bit < 32; ++bit) {
        std::uint32_t crc = 1u << bit;
        for (std::size_t i = 0; i < kLane; ++i) crc = kCrcTable[crc & 0xFF] ^ (crc >> 8);
        table[bit / 8][1u << bit % 8] = crc;
    }
    for (auto& of : table) {
        for (unsigned byte = 1; byte < 256; ++byte)
            of[byte] = of[byte & (byte - 1)] ^ of[byte & -byte];
    }
    return table;
}();

std::uint32_t behind_lane(std::uint64_t crc) {
    const auto& table = kBehindLane;
    return table[0][crc & 0xFF] ^ table[1][crc >> 8 & 0xFF] ^ table[2][crc >> 16 & 0xFF] ^
           table[3][crc >> 24];
}

std::uint64_t word_at(const char* at) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    return word;
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse(std::string_view bytes,
                                                           std::uint32_t crc) {
    std::uint64_t first = crc;
    for (; bytes.size() >= 3 * kLane; bytes.remove_prefix(3 * kLane)) {
        std::uint64_t second = 0, third = 0;
        for (const char* at = bytes.data(); at < bytes.data() + kLane; at += 8) {
            first = _mm_crc32_u64(first, word_at(at));
            second = _mm_crc32_u64(second, word_at(at + kLane));
            third = _mm_crc32_u64(third, word_at(at + 2 * kLane));
        }
        first = behind_lane(behind_lane(first) ^ second) ^ third;
    }
    for (; bytes.size() >= 8; bytes.remove_prefix(8))
        first = _mm_crc32_u64(first, word_at(bytes.data()));
    crc = static_cast<std::uint32_t>(first);
    for (char c : bytes) crc = _mm_crc32_u8(crc, static_cast<std::uint8_t>(c));
    return crc;
}
#endif

}  // namespace

std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed) {
#if defined(__x86_64__)
    static const bool fast = __builtin_cpu_supports("sse4.2");
    if (fast) return ~crc32c_sse(bytes, ~seed);
#endif
    return ~crc32c_table(bytes, ~seed);
}

void seal(std::string& payload, std::uint8_t version, std::string_view key) {
    payload.insert(payload.begin(), static_cast<char>(version));
    auto sum = crc32c(payload, crc32c(key));
    Writer(payload).u32(sum);
}

std::string sealed(std::uint8_t version, std::string_view key, std::string_view payload) {
    std::string out;
    out.reserve(payload.size() + 5);
    out.push_back(static_cast<char>(version));
    out.append(payload);
    Writer(out).u32(crc32c(out, crc32c(key)));
    return out;
}

Result<Unsealed> unseal(std::string_view key, std::string_view value, std::uint8_t newest) {
    if (value.size() < 5) return fail(Why::Corrupt, "Stored data is damaged", "value too short");
    auto body = value.substr(0, value.size() - 4);
    if (Reader(value.substr(value.size() - 4)).u32() != crc32c(body, crc32c(key)) &&
        !sabotaged(Sabotage::SkipChecksum)) {
        return fail(Why::Corrupt, "Stored data is damaged", "checksum does not match");
    }
    auto version = static_cast<std::uint8_t>(body[0]);
    if (version > newest) {
        return fail(Why::Unsupported, "Stored data was written by a newer version",
                    "value version");
    }
    return Unsealed{version, body.substr(1)};
}

}  // namespace rook
