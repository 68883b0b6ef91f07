// Base64 (RFC 4648): strict. Mail bodies, which are anything but, are read by message/decode.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace rook {

std::string base64_encode(std::string_view bytes);
// With padding, nothing foreign, no bits set in what the padding hides.
std::optional<std::string> base64_decode(std::string_view text);

// RFC 4648 5, without padding.
std::string base64url_encode(std::string_view bytes);
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace rook
