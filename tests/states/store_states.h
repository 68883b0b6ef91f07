// The embedded store on simulated files that lose, tear and reorder what was not flushed.
#pragma once

#include "states/lying_files.h"
#include "states/proof.h"

namespace rook::states {

Proof store_proof(FilesLie);

}  // namespace rook::states
