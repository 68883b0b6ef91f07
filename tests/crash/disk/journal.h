// What the forgetful disk notes of a folder, in memory that outlives the process: a mapped file
// that lose.py reads after a kill. Everything is written to the real files at once; the journal
// says how to take back what was never flushed.
//
// The file: the length of what is whole (8 bytes), then records, each of them padded to 8 bytes.
// A record stands before the call that it tells of, so that there is no change without one; one
// whose call failed is followed by a Cancel.
// Threads: the caller holds a lock.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace forgetful {

enum class Kind : std::uint16_t {
    Write = 1,   // inode, at, length, size before; undo: the bytes that were there
    Resize = 2,  // inode, at = the new size, size before; undo: the bytes that were cut off
    Sync = 3,    // inode of a file or folder; at: what stands in the journal before is durable
    Create = 4,  // folder, name, inode
    Remove = 5,  // the same; the file has a second name among the graves
    Rename = 6,  // folder, name, inode; folder2, name2, and the inode that was replaced
    Cancel = 7,  // at: the record of a call that failed
    Spoil = 8,   // inode, at: a flush failed, and another one alone does not make durable what
                 // stands before
};

struct Record {
    std::uint32_t bytes = 0;  // with what follows
    Kind kind{};
    std::uint16_t name_bytes = 0, name2_bytes = 0, unused = 0;
    std::uint32_t undo_bytes = 0;
    std::uint64_t inode = 0, folder = 0, folder2 = 0, replaced = 0;
    std::uint64_t at = 0, length = 0, size_before = 0;
};

class Journal {
public:
    // Starts the file anew. Ends the process when it cannot: a test that runs without is worthless.
    explicit Journal(const std::string& path);

    // Returns the record's place.
    std::uint64_t add(Record record, std::string_view name = {}, std::string_view name2 = {},
                      std::string_view undo = {});
    std::uint64_t end() const { return end_; }

private:
    char* base_ = nullptr;
    std::uint64_t end_ = 8;
};

// Says why on standard error and ends the process.
[[noreturn]] void give_up(const char* what, const char* path);

}  // namespace forgetful
