// The two ways in which the command line calls a verb: in the running server, through its socket,
// or here, on a store that it opened itself.
//
// Threads: one at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "admin/verb.h"

namespace rook::admin {

using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

// Null when no server listens there. Denied when it may not be asked.
Result<std::unique_ptr<Caller>> connect_caller(const std::string& socket_path, Progress);

std::unique_ptr<Caller> local_caller(std::unique_ptr<Program::Opened>, Progress);

}  // namespace rook::admin
