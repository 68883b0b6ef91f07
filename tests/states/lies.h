// The proofs themselves: each must find out every lie.
#pragma once

namespace rook::states {

// Prints a line for each; 1 when one was believed.
int prove_lies();

}  // namespace rook::states
