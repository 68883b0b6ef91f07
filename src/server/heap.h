// How many heaps glibc's malloc makes for the threads (docs/decisions/0010-a-heap-a-core.md).
#pragma once

namespace rook::server {

// One a core. For good; before any thread starts.
void share_heaps();

}  // namespace rook::server
