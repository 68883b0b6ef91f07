// Bit flips and truncations in every kind of the store's files.
#pragma once

#include "states/mail_inspection.h"
#include "states/proof.h"

namespace rook::states {

Proof damage_proof(DamageLie);

}  // namespace rook::states
