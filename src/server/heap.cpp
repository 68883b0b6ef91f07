#include "server/heap.h"

#include <malloc.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <thread>

#include "base/large_blocks.h"

namespace rook::server {

namespace {

constexpr int kKeptAtEnd = 16 << 20;  // of each heap

}  // namespace

void share_heaps() {
    // Left alone there are eight a core, and the 64 workers fill one by one what each of them keeps
    // of freed memory.
    mallopt(M_ARENA_MAX, static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
    // Beside the heaps: where a write buffer's block was, small pieces would settle.
    mallopt(M_MMAP_THRESHOLD, static_cast<int>(large_blocks::kLeast));
    // Setting that one leaves this at 128 KB: what one command freed at a heap's end was given back
    // at once, and each page of it cost the next command a page fault. give_memory_back() does it.
    mallopt(M_TRIM_THRESHOLD, kKeptAtEnd);
}

void give_memory_back() {
    // By itself malloc gives back only what is free at a heap's end.
    malloc_trim(0);
}

}  // namespace rook::server

#ifndef ROOKERY_INSTRUMENTED  // a sanitizer has its own

void* operator new(std::size_t size) {
    if (rook::large_blocks::is_wanted(size)) {
        if (void* block = rook::large_blocks::take()) return block;
        size = rook::large_blocks::kBytes;
    }
    for (;;) {
        if (void* got = std::malloc(std::max<std::size_t>(size, 1))) return got;
        const auto make_room = std::get_new_handler();
        if (!make_room) throw std::bad_alloc();
        make_room();
    }
}

void operator delete(void* block) noexcept {
    if (rook::large_blocks::is_one(block)) return rook::large_blocks::keep(block);
    std::free(block);
}

// The compiler would rather have both.
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

#endif
