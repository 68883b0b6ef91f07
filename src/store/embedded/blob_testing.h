// A body file as RocksDB writes it (blob_files.cpp has the format), for tests and fuzz targets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/codec.h"
#include "store/embedded/log_format.h"

namespace rook::store {

// Every record's key is "k".
inline std::string blob_file(const std::vector<std::string_view>& bodies) {
    using log_format::append_little_endian, log_format::mask;
    constexpr std::uint64_t kMagic = 2395959;
    std::string file;
    append_little_endian(file, kMagic, 4);
    file.append(26, '\0');
    for (auto body : bodies) {
        std::string header;
        append_little_endian(header, 1, 8);
        append_little_endian(header, body.size(), 8);
        append_little_endian(header, 0, 8);
        append_little_endian(header, mask(crc32c(header)), 4);
        append_little_endian(header, mask(crc32c(body, crc32c("k"))), 4);
        file.append(header).append("k").append(body);
    }
    std::string footer;
    append_little_endian(footer, kMagic, 4);
    append_little_endian(footer, bodies.size(), 8);
    append_little_endian(footer, 0, 8);
    append_little_endian(footer, 0, 8);
    append_little_endian(footer, mask(crc32c(footer)), 4);
    return file + footer;
}

}  // namespace rook::store
