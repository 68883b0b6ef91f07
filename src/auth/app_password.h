// The secrets that are made for devices: 140 random bits in groups that people can copy.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace rook::auth {

// "k7qm-2hxc-...": seven groups of four, without letters that look alike.
std::string make_app_password(Random&);

// The form above, of what somebody typed: capitals, blanks and missing dashes are forgiven. Nothing
// when it cannot be one, so that an ordinary password is not tried as one.
std::optional<std::string> as_app_password(std::string_view typed);

}  // namespace rook::auth
