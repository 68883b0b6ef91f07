// Reads RocksDB's write-ahead logs by themselves, without RocksDB, to find what its replay will not
// say: that whole records follow the place where it stops.
//
// The store flushes one record (one group of batches) before it writes the next. A power cut can
// thus only tear the last record, and a record that *begins* behind a damaged one proves that the
// damaged one was on the disk and was acknowledged: damage, not a torn tail.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/files.h"

namespace rook::store {

struct LogScan {
    // Some record is damaged or torn, or numbers are missing between two of them.
    bool is_broken = false;
    // The lowest sequence number of a whole record with changes; 0: there is none.
    std::uint64_t lowest = 0;
    // The number of the first log that has one.
    std::uint64_t first_log = 0;
    // The highest sequence number in any record that was on the disk for certain.
    std::uint64_t highest = 0;
    std::uint64_t files = 0, bytes = 0, records = 0;
    // Bytes in which no whole record was found.
    std::uint64_t bytes_lost = 0;

    // All that is broken is one log's end, behind which nothing begins: what a failed write or a
    // power cut leaves of a record that nobody was told of.
    struct TornEnd {
        std::string path;
        std::uint64_t whole_bytes = 0;  // in front of it
    };
    std::optional<TornEnd> torn_end;
};

// All logs in RocksDB's folder, in their order. A missing folder has none.
Result<LogScan> scan_logs(Files&, const std::string& dir);

// Takes it off.
Result<> cut(Files&, const LogScan::TornEnd&);

// Writes every broken log anew with the whole records that it has, and keeps the old one in the
// folder `lost`. RocksDB by itself drops up to 32 KB around a damaged byte.
Result<> mend_logs(Files&, const std::string& dir, const std::string& lost);

}  // namespace rook::store
