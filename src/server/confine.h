// What `serve` does to itself between reading its configuration and opening the store: the rights
// of root, files and system calls that it has no use for are given up (docs/hardening.md).
//
// Threads: call before the first one starts. Cannot be undone.
#pragma once

#include <string>

#include "base/log.h"
#include "server/config.h"
#include "server/landlock.h"

namespace rook::server {

// What was had of it: "on", "off" by setting, or why not.
struct Confined {
    std::string user, landlock, seccomp;
    void log_to(Log&) const;
};

// The files and folders that the configuration names and those that libraries read.
Reach reach_of(const Config&);

// Fails only where giving up root does. What the kernel does not have is left out.
Result<Confined> confine(const Config&);

}  // namespace rook::server
