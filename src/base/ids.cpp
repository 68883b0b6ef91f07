#include "base/ids.h"

#include <charconv>

namespace rook {
namespace {

void append_base36(std::string& out, std::uint64_t value) {
    char digits[16];
    auto end = std::to_chars(digits, digits + sizeof digits, value, 36).ptr;
    out.append(digits, end);
}

std::optional<std::uint64_t> read_base36(std::string_view text) {
    std::uint64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 36);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
}

}  // namespace

std::string object_id_text(char tag, AccountId account, std::uint64_t n) {
    std::string out(1, tag);
    append_base36(out, account.v);
    out += '_';
    append_base36(out, n);
    return out;
}

std::optional<std::pair<AccountId, std::uint64_t>> parse_object_id(char tag,
                                                                   std::string_view text) {
    auto bar = text.find('_');
    if (text.empty() || text[0] != tag || bar == text.npos) return {};
    auto account = read_base36(text.substr(1, bar - 1));
    auto n = read_base36(text.substr(bar + 1));
    if (!account || !n) return {};
    // One spelling an id: upper-case digits and leading zeros name nothing.
    if (object_id_text(tag, AccountId{*account}, *n) != text) return {};
    return std::pair{AccountId{*account}, *n};
}

}  // namespace rook
