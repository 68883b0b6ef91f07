// RocksDB's record format, which its write-ahead logs and its manifest share.
//
// A file is blocks of 32 KB, in which fragments follow one another. A fragment is crc (4, masked),
// length (2), type (1), payload; numbers are little-endian. A record is one whole fragment, or a
// first, middle ones and a last. Where fewer bytes than a header are left in a block, they are
// zero.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rook::store::log_format {

constexpr std::size_t kBlock = 32 * 1024, kHeader = 7;
enum Type : std::uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

struct Fragment {
    Type type;
    std::string_view payload;
};
// The fragment at the front of what is left of a block; none when it is damaged or no fragment.
std::optional<Fragment> read_fragment(std::string_view rest_of_block);

// The records of a file; stops before the first damaged one.
std::vector<std::string> read_records(std::string_view file);
// Where the whole records of a file end, when something stands behind them: what a power cut left
// of the last ones, or damage. None when there is nothing but zeros, or no whole record.
std::optional<std::size_t> torn_end(std::string_view file);
// Appends to a file that holds `file` so far.
void append_record(std::string& file, std::string_view record);

std::uint64_t little_endian(std::string_view bytes);
void append_little_endian(std::string& out, std::uint64_t value, int bytes);
// RocksDB stores a CRC-32C turned and shifted, so that sums of data with sums in it stay good.
std::uint32_t mask(std::uint32_t crc);

}  // namespace rook::store::log_format
