// Blocks of 1 MB that were freed, kept for the next who wants one.
//
// RocksDB's write buffers are made of them (docs/decisions/0010-a-heap-a-core.md). In malloc's
// heaps they would leave holes that small pieces settle in; fresh from the system each costs a page
// fault for every 4 KB that is written. What keeps them and hands them out is operator new and
// delete (server/heap.cpp).
//
// Threads: any.
#pragma once

#include <malloc.h>

#include <cstddef>

namespace rook::large_blocks {

constexpr std::size_t kBytes = std::size_t{1} << 20;

// Null: none is kept, malloc has to make one.
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

// Frees those that nobody has wanted since the last call.
void trim() noexcept;

}  // namespace rook::large_blocks
