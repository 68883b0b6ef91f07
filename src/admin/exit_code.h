// The one translation of reasons to exit codes (sysexits.h).
#pragma once

#include "base/result.h"

namespace rook::admin {

int exit_code(Why);

}  // namespace rook::admin
