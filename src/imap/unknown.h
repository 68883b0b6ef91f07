// "There is no X Y": for names that no row has.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace rook::imap {

inline std::unexpected<Error> unknown(std::string_view what, std::string_view name) {
    constexpr std::size_t kMost = 40;
    std::string said("There is no ");
    said.append(what).append(" ").append(name.substr(0, kMost));
    if (name.size() > kMost) said += "...";
    if (name.empty()) said = std::string("Expected a ").append(what);
    return fail(Why::BadSyntax, std::move(said));
}

}  // namespace rook::imap
