// What LHLO and EHLO say alike.
#pragma once

#include <string_view>

#include "smtp/receive/session.h"

namespace rook::smtp {

// Takes the name and lists what this server can do; refuses a name that is none.
void answer_hello(Session&, std::string_view name);
// False, and has answered, when it is none.
bool take_hello(Session&, std::string_view name);

}  // namespace rook::smtp
