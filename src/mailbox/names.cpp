#include "mailbox/names.h"

#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include "base/ascii.h"
#include "base/utf8.h"

namespace rook::mailbox {
namespace {

// The characters that LIST reads as wildcards could never be named exactly, and controls never be
// shown.
const char* bad_character(std::string_view name) {
    for (std::size_t at = 0; at < name.size();) {
        const auto c = next_utf8(name, at);
        if (c < 0x20 || c == 0x7F || (c >= 0x80 && c < 0xA0) || c == 0x2028 || c == 0x2029) {
            return "A mailbox name cannot have control characters";
        }
        if (c == '*' || c == '%') return "A mailbox name cannot have * or %";
    }
    return nullptr;
}

}  // namespace

std::string to_nfc(std::string_view name) {
    if (is_ascii(name)) return std::string(name);
    UErrorCode status = U_ZERO_ERROR;
    auto* nfc = icu::Normalizer2::getNFCInstance(status);
    if (U_FAILURE(status)) return std::string(name);
    std::string out;
    const auto text = icu::UnicodeString::fromUTF8(
        icu::StringPiece(name.data(), static_cast<std::int32_t>(name.size())));
    nfc->normalize(text, status).toUTF8String(out);
    return U_FAILURE(status) ? std::string(name) : out;
}

Result<std::string> canonical_name(std::string_view given, const Limits& limits) {
    if (given.ends_with('/')) given.remove_suffix(1);
    if (given.empty()) return fail(Why::Cannot, "A mailbox needs a name");
    if (given.size() > limits.mailbox_name_bytes) {
        return fail(Why::Limit, "The mailbox name is too long");
    }
    if (!is_valid_utf8(given)) return fail(Why::Cannot, "The mailbox name is not UTF-8");
    if (auto* wrong = bad_character(given)) return fail(Why::Cannot, wrong);
    if (given.starts_with('#')) return fail(Why::Cannot, "A mailbox name cannot begin with #");
    auto name = to_nfc(given);
    const auto levels = split(name, '/');
    if (levels.size() > limits.mailbox_depth) {
        return fail(Why::Limit, "The mailbox name has too many levels");
    }
    for (auto level : levels) {
        if (level.empty()) return fail(Why::Cannot, "A mailbox name cannot have an empty level");
    }
    if (iequals(levels.front(), kInbox)) name.replace(0, kInbox.size(), kInbox);
    if (name.size() > limits.mailbox_name_bytes) {
        return fail(Why::Limit, "The mailbox name is too long");
    }
    return name;
}

std::string lookup_name(std::string_view name, const Limits& limits) {
    auto canonical = canonical_name(name, limits);
    return canonical ? std::move(*canonical) : std::string();
}

std::vector<std::string> parents_of(std::string_view name) {
    std::vector<std::string> parents;
    for (auto at = name.find('/'); at != std::string_view::npos; at = name.find('/', at + 1)) {
        parents.emplace_back(name.substr(0, at));
    }
    return parents;
}

}  // namespace rook::mailbox
