#include "server/heap.h"

#include <malloc.h>

#include <algorithm>
#include <thread>

namespace rook::server {

void share_heaps() {
    // Left alone there are eight a core, and the 64 workers fill one by one what each of them keeps
    // of freed memory.
    mallopt(M_ARENA_MAX, static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
}

void give_memory_back() {
    // By itself malloc gives back only what is free at a heap's end.
    malloc_trim(0);
}

}  // namespace rook::server
