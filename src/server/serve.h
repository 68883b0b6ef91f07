// `rookery serve`: runs until SIGTERM or SIGINT.
#pragma once

#include <string>

namespace rook::server {

// Returns the exit code (sysexits.h). SIGHUP reads certificate and log anew.
int serve(const std::string& config_file);

}  // namespace rook::server
