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

}  // namespace rook::server
