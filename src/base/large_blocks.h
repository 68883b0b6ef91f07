// Blocks of 1 MB that were freed, kept for the next who wants one.
//
// RocksDB's write buffers are made of them, and its files are written through them
// (docs/decisions/0010-a-heap-a-core.md). In malloc's heaps they would leave holes that small
// pieces settle in; fresh from the system each costs a page fault for every 4 KB that is written.
// What keeps them and hands them out is operator new and delete (server/heap.cpp).
//
// Threads: any.
#pragma once

#include <malloc.h>

#include <cstddef>

namespace rook::large_blocks {

// What is asked for: a write buffer's block, or that and a page, to align a file's buffer in.
constexpr std::size_t kLeast = std::size_t{1} << 20, kBytes = kLeast + 4096;
constexpr bool is_wanted(std::size_t bytes) { return bytes >= kLeast && bytes <= kBytes; }

// Of kBytes. Null: none is kept, malloc has to make one.
void* take() noexcept;

// Whether this, which malloc made, is such a block. malloc rounds up.
inline bool is_one(void* block) noexcept {
    constexpr std::size_t kRounding = 16 * 1024;
    const auto size = malloc_usable_size(block);
    return size >= kBytes && size < kBytes + kRounding;
}
// Frees what cannot be kept: there is an end.
void keep(void* block) noexcept;

// malloc thinks of them as in use.
std::size_t kept_bytes() noexcept;

// Frees those that nobody has wanted since the last call. To be called every second or so.
void trim() noexcept;

}  // namespace rook::large_blocks
