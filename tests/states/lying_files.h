// Simulated files that say yes and do not do it: what a proof must find out.
#pragma once

#include <memory>
#include <utility>

#include "base/simulated_files.h"

namespace rook::states {

enum class FilesLie : std::uint8_t {
    None,
    SyncDoesNothing,     // of what files hold
    SyncDirDoesNothing,  // of what they are called
};

// `files` must outlive it.
std::unique_ptr<Files> make_lying_files(SimulatedFiles& files, FilesLie);

}  // namespace rook::states
