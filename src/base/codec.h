// Bytes on disk: big-endian integers in keys, LEB128 varints in values, length-prefixed strings,
// and the seal that every stored value carries (docs/formats/).
//
// Threads: plain values. A Reader borrows the bytes that it reads; string_views from it live as
// long as those.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rook {

// Appends to a string that it does not own.
class Writer {
public:
    explicit Writer(std::string& out) : out_(out) {}
    Writer& u8(std::uint8_t v);
    Writer& u32(std::uint32_t v);  // big-endian: sorts as the number does
    Writer& u64(std::uint64_t v);  // big-endian
    Writer& varint(std::uint64_t v);
    Writer& zigzag(std::int64_t v);
    Writer& bytes(std::string_view v);  // as they are
    Writer& text(std::string_view v);   // varint length, then the bytes

private:
    std::string& out_;
};

// Reads what Writer wrote. Input is never trusted: running off the end or a varint over 64 bits
// sets `failed`, after which every read gives 0 or "" and the position stays. Ask `failed()` once,
// at the end.
class Reader {
public:
    explicit Reader(std::string_view in) : in_(in) {}
    std::uint8_t u8();
    std::uint32_t u32();
    std::uint64_t u64();
    std::uint64_t varint();
    std::int64_t zigzag();
    std::string_view bytes(std::size_t n);
    std::string_view text();
    std::string_view rest() const { return in_; }
    bool at_end() const { return in_.empty(); }
    bool failed() const { return failed_; }

private:
    bool need(std::size_t n);
    std::string_view in_;
    bool failed_ = false;
};

// CRC-32C (Castagnoli) of the bytes, going on from `seed`.
std::uint32_t crc32c(std::string_view bytes, std::uint32_t seed = 0);

// A sealed value is: version byte, payload, CRC-32C (big-endian) of the key and everything before
// it. The key goes into the sum so that a good value found under another key is damage too.
void seal(std::string& payload, std::uint8_t version, std::string_view key);
std::string sealed(std::uint8_t version, std::string_view key, std::string_view payload);

struct Unsealed {
    std::uint8_t version;
    std::string_view payload;
};
// Corrupt when the sum does not match. Unsupported when the version is above `newest`: a newer
// program wrote it.
Result<Unsealed> unseal(std::string_view key, std::string_view value, std::uint8_t newest);

}  // namespace rook
