// The mailbox core on a store that keeps any first few of the batches in flight (prefix_store.h).
#pragma once

#include "states/prefix_store.h"
#include "states/proof.h"

namespace rook::states {

Proof core_proof(StoreLie);

}  // namespace rook::states
