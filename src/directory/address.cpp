#include "directory/address.h"

#include <fmt/format.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/uidna.h>
#include <unicode/unistr.h>

#include <memory>

#include "base/ascii.h"
#include "base/utf8.h"
#include "directory/directory.h"

namespace rook::directory {
namespace {

constexpr std::size_t kMaxLocal = 64, kMaxDomain = 253, kMaxAddress = 254;

std::unexpected<Error> bad(std::string said) { return fail(Why::BadSyntax, std::move(said)); }

// RFC 5322 3.2.3, with RFC 6532's 8-bit characters.
bool is_atext(char c) {
    return is_alnum(c) || is_8bit(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

bool is_dot_atom(std::string_view text) {
    if (text.empty() || text.front() == '.' || text.back() == '.') return false;
    char last = 0;
    for (char c : text) {
        if (c == '.' ? last == '.' : !is_atext(c)) return false;
        last = c;
    }
    return true;
}

// Letters that show nothing or turn the text around, and blanks that are not the blank: two
// addresses must not look the same.
bool is_unfit(UChar32 c) {
    if (c == 0x200c || c == 0x200d) return false;  // the joiners that some scripts need
    switch (u_charType(c)) {
        case U_CONTROL_CHAR:
        case U_FORMAT_CHAR:
        case U_SURROGATE:
        case U_UNASSIGNED:
        case U_LINE_SEPARATOR:
        case U_PARAGRAPH_SEPARATOR:
            return true;
        case U_SPACE_SEPARATOR:
            return c != ' ';
        default:
            return false;
    }
}

Result<std::string> fold(std::string_view text) {
    if (is_ascii(text)) return to_lower(text);
    UErrorCode error = U_ZERO_ERROR;
    auto* nfc = icu::Normalizer2::getNFCInstance(error);
    auto wide = icu::UnicodeString::fromUTF8({text.data(), static_cast<int>(text.size())});
    wide = nfc->normalize(wide.toLower(icu::Locale::getRoot()), error);
    if (U_FAILURE(error)) return bad("The address cannot be read as Unicode");
    for (std::int32_t i = 0; i < wide.length(); i = wide.moveIndex32(i, 1)) {
        if (is_unfit(wide.char32At(i)))
            return bad("The address holds characters that cannot be seen");
    }
    std::string out;
    wide.toUTF8String(out);
    return out;
}

// What stands between the quotes; the closing quote must be the last character.
Result<std::string> unquoted(std::string_view text) {
    std::string out;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            if (i + 1 == text.size()) return out;
            break;
        }
        if (text[i] == '\\' && ++i == text.size()) break;
        out += text[i];
    }
    return bad("The quotes before the @ do not match");
}

std::string quoted(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

// False when ICU must look at it.
bool is_plain_domain(std::string_view text) {
    for (char c : text) {
        if (!is_alnum(c) && c != '-' && c != '.') return false;
    }
    return to_lower(text).find("xn--") == std::string::npos;
}

Result<> check_labels(std::string_view domain) {
    for (auto label : split(domain, '.')) {
        if (label.empty()) return bad("The domain has an empty part between its dots");
        if (label.size() > 63) return bad("A part of the domain is longer than 63 characters");
        if (label.front() == '-' || label.back() == '-')
            return bad("A part of the domain begins or ends with a hyphen");
    }
    return {};
}

// RFC 5321 4.1.3: kept as it is, in lower case; nothing here has to understand it.
Result<std::string> address_literal(std::string_view text) {
    for (char c : text.substr(1, text.size() - 2)) {
        if (!is_alnum(c) && c != '.' && c != ':' && c != '-')
            return bad("The address in brackets cannot be read");
    }
    return to_lower(text);
}

struct CloseIdna {
    void operator()(UIDNA* idna) const { uidna_close(idna); }
};

Result<std::string> idna_to_ascii(std::string_view text) {
    UErrorCode error = U_ZERO_ERROR;
    std::unique_ptr<UIDNA, CloseIdna> idna(
        uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI |
                            UIDNA_CHECK_CONTEXTJ,
                        &error));
    char out[512];
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    auto n = U_SUCCESS(error)
                 ? uidna_nameToASCII_UTF8(idna.get(), text.data(), static_cast<int>(text.size()),
                                          out, sizeof out, &info, &error)
                 : 0;
    if (U_FAILURE(error) || info.errors != 0 || n <= 0)
        return bad("The domain is not a valid name");
    return to_lower({out, static_cast<std::size_t>(n)});
}

}  // namespace

Result<std::string> canonical_domain(std::string_view text) {
    if (text.size() > 2 && text.front() == '[' && text.back() == ']') return address_literal(text);
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.empty()) return bad("The domain is missing");
    // In UTF-8, a name that is short enough in A-labels cannot be longer than this.
    if (text.size() > 4 * kMaxDomain) return bad("The domain is too long");
    std::string out = is_plain_domain(text) ? to_lower(text) : TRY(idna_to_ascii(text));
    if (out.size() > kMaxDomain) return bad("The domain is too long");
    TRY(check_labels(out));
    return out;
}

Result<std::string> canonical_local(std::string_view text) {
    if (text.empty()) return bad("There is nothing before the @");
    if (text.size() > 4 * kMaxLocal) return bad("The part before the @ is too long");
    if (!is_valid_utf8(text)) return bad("The address is not UTF-8");
    for (char c : text) {
        if (is_ctl(c)) return bad("The address holds a control character");
    }
    auto bare = text.front() == '"' ? TRY(unquoted(text)) : std::string(text);
    auto plain = TRY(fold(bare));
    if (plain.size() > kMaxLocal) return bad("The part before the @ is longer than 64 bytes");
    if (is_dot_atom(plain)) return plain;
    if (text.front() == '"') return quoted(plain);
    return bad("The part before the @ holds a character that needs quotes, or a dot too many");
}

Halves halves(std::string_view canonical) {
    auto at = canonical.rfind('@');
    if (at == std::string_view::npos) return {canonical, {}};
    return {canonical.substr(0, at), canonical.substr(at + 1)};
}

Result<std::string> canonical_address(std::string_view text) {
    auto at = text.rfind('@');
    if (at == std::string_view::npos)
        return bad("An address has the form user@example.org: there is no @");
    auto domain = TRY(canonical_domain(text.substr(at + 1)));
    auto out = TRY(canonical_local(text.substr(0, at))) + "@" + domain;
    if (out.size() > kMaxAddress)
        return bad(fmt::format("The address is longer than {} bytes", kMaxAddress));
    return out;
}

}  // namespace rook::directory
