#include "auth/prepare.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include "base/ascii.h"
#include "base/utf8.h"

namespace rook::auth {
namespace {

constexpr std::size_t kMaxPassword = 1'024;

std::unexpected<Error> bad(std::string said) { return fail(Why::BadSyntax, std::move(said)); }

}  // namespace

Result<std::string> prepare_password(std::string_view text) {
    if (text.empty()) return bad("The password is empty");
    if (text.size() > kMaxPassword) return bad("The password is longer than 1,024 bytes");
    for (char c : text) {
        if (is_ctl(c)) return bad("The password holds a control character");
    }
    if (is_ascii(text)) return std::string(text);
    if (!is_valid_utf8(text)) return bad("The password is not UTF-8");
    auto wide = icu::UnicodeString::fromUTF8({text.data(), static_cast<int>(text.size())});
    for (std::int32_t i = 0; i < wide.length(); ++i) {
        // RFC 4013 2.1: blanks of other widths.
        if (u_charType(wide[i]) == U_SPACE_SEPARATOR) wide.setCharAt(i, u' ');
    }
    UErrorCode error = U_ZERO_ERROR;
    auto* nfkc = icu::Normalizer2::getNFKCInstance(error);
    if (U_SUCCESS(error)) wide = nfkc->normalize(wide, error);
    if (U_FAILURE(error)) return bad("The password cannot be read as Unicode");
    std::string out;
    wide.toUTF8String(out);
    for (char c : out) {
        if (is_ctl(c)) return bad("The password holds a control character");
    }
    return out;
}

}  // namespace rook::auth
