// Which files a serving process may reach (Landlock): those of its configuration and what its
// libraries read. The rest of the file system is not there for it, whoever it runs as; nor is any
// other machine: no outgoing TCP connection.
//
// Threads: call before the first one starts; all that start later are bound too. Cannot be undone.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace rook::server {

// Files, or folders with all that is in them. What does not exist is left out.
struct Reach {
    std::vector<std::string> read;
    std::vector<std::string> write;  // and read, make, rename and remove
};

// Unsupported when the kernel has no Landlock (version 2, Linux 5.19, is needed), or something
// around this process does not let it.
Result<> restrict_files(const Reach&);

}  // namespace rook::server
