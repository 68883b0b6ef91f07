// Passwords and SASL names in the form in which they are compared.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace rook::auth {

// RFC 4013 (SASLprep) as far as it matters: NFKC, other blanks become the blank, no control
// characters, not empty, at most 1,024 bytes. BadSyntax.
Result<std::string> prepare_password(std::string_view);

}  // namespace rook::auth
