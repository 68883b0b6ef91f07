// What glibc's malloc keeps (docs/decisions/0010-a-heap-a-core.md).
#pragma once

namespace rook::server {

// One a core. For good; before any thread starts.
void share_heaps();

// Gives the system the whole pages that are free, wherever in the heaps they lie. Threads: any; one
// that allocates meanwhile may wait some milliseconds.
void give_memory_back();

}  // namespace rook::server
