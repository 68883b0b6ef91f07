// Addresses and domains in canonical form: what every key and comparison in the directory uses.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace rook::directory {

// Lower-case A-labels (UTS 46, non-transitional, STD3 rules), or a bracketed address literal as it
// is. BadSyntax.
Result<std::string> canonical_domain(std::string_view);

// Lower case and NFC; quotes only where they are needed. BadSyntax.
Result<std::string> canonical_local(std::string_view);

// A canonical address (or "@domain") in its two halves; views into it.
struct Halves {
    std::string_view local, domain;
};
Halves halves(std::string_view canonical);

}  // namespace rook::directory
