// The first words of a message, for lists (RFC 8970).
#pragma once

#include <string>
#include <string_view>

#include "message/summary.h"

namespace rook::message {

constexpr std::size_t kPreviewCharacters = 256;

// White space folded, controls and invisible padding left out, at most `characters` of UTF-8.
std::string fold_preview(std::string_view utf8, std::size_t characters = kPreviewCharacters);

// From the first encoded bytes of a text part's body.
std::string make_preview(const Part& part, std::string_view encoded);

}  // namespace rook::message
