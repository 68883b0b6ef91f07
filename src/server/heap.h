// What glibc's malloc keeps (docs/decisions/0010-a-heap-a-core.md). A program that links this has
// an operator new and delete that keep blocks of 1 MB (base/large_blocks.h).
#pragma once

namespace rook::server {

// One a core, and large blocks in none; up to 16 MB that are free at a heap's end stay until
// give_memory_back(). For good; before any thread starts.
void share_heaps();

// Gives the system the whole pages that are free, wherever in the heaps they lie. Threads: any; one
// that allocates meanwhile may wait some milliseconds.
void give_memory_back();

}  // namespace rook::server
