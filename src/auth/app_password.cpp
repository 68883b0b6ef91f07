#include "auth/app_password.h"

#include "base/ascii.h"

namespace rook::auth {
namespace {

// 32 signs, five bits each: no l, o, 0, 1.
constexpr std::string_view kSigns = "abcdefghijkmnpqrstuvwxyz23456789";
constexpr std::size_t kLength = 28, kGroup = 4;

std::string grouped(std::string_view signs) {
    std::string out;
    for (std::size_t i = 0; i < signs.size(); ++i) {
        if (i > 0 && i % kGroup == 0) out += '-';
        out += signs[i];
    }
    return out;
}

}  // namespace

std::string make_app_password(Random& random) {
    std::string signs;
    for (char byte : random.bytes(kLength))
        signs += kSigns[static_cast<unsigned char>(byte) % kSigns.size()];
    return grouped(signs);
}

std::optional<std::string> as_app_password(std::string_view typed) {
    std::string signs;
    for (char c : typed) {
        if (c == '-' || c == ' ') continue;
        c = to_lower(c);
        if (kSigns.find(c) == std::string_view::npos || signs.size() == kLength) return {};
        signs += c;
    }
    if (signs.size() != kLength) return {};
    return grouped(signs);
}

}  // namespace rook::auth
