// The two ways in which the command line calls a verb: in the running server, through its socket,
// or here, on a store that it opened itself.
//
// Threads: one at a time.
#pragma once

#include <memory>
#include <string>

#include "admin/verb.h"

namespace rook::admin {

// Null when no server listens there. Denied when it may not be asked.
Result<std::unique_ptr<Caller>> connect_caller(const std::string& socket_path, Progress);

std::unique_ptr<Caller> local_caller(std::unique_ptr<Program::Opened>, Progress);

}  // namespace rook::admin
