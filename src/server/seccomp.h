// Which system calls a serving process may make (seccomp(2)): those that Rookery and its libraries
// use, and no others. What is refused answers EPERM; the process goes on and the kernel writes a
// line (docs/hardening.md).
//
// Threads: call before the first one starts; all that start later are bound too. Cannot be undone.
#pragma once

#include "base/result.h"

namespace rook::server {

// Unsupported when the kernel has no seccomp, or something around this process does not let it.
Result<> restrict_system_calls();

}  // namespace rook::server
