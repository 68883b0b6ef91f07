// The arguments of MAIL and RCPT (RFC 5321 4.1.2, RFC 6531 3.3): a path and parameters.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rook::smtp::wire {

struct Parameter {
    std::string_view name, value;  // value empty when absent
    bool has_value = false;
};

struct PathArgs {
    std::string_view address;  // without <> and source route; empty for <>
    bool is_utf8 = false;      // holds more than ASCII
    std::vector<Parameter> parameters;
};

// `args` after the verb; `keyword` is "FROM" or "TO". Views into `args`. BadSyntax says what is
// wrong. Takes what the wide world sends and RFC 5321 does not allow: a blank after the colon,
// dots side by side, an underscore in a domain. "Postmaster" needs no domain.
Result<PathArgs> parse_path_args(std::string_view args, std::string_view keyword);

}  // namespace rook::smtp::wire
