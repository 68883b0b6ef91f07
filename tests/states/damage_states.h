// Bit flips and truncations in every kind of the store's files.
#pragma once

#include <string>

#include "states/mail_inspection.h"
#include "states/proof.h"

namespace rook::states {

// `only`: the only kind of files to damage (`kind_of`); empty: any.
Proof damage_proof(DamageLie, std::string only = {});

}  // namespace rook::states
