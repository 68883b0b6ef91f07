// LIST's wildcards against the plainest way to match them. The name stands behind the first NUL.
#include "base/ascii.h"
#include "base/check.h"
#include "base/fuzzing.h"
#include "imap/wire/pattern.h"

using namespace rook;

namespace {

bool plain_match(std::string_view pattern, std::string_view name, std::size_t any_case) {
    std::vector<bool> at(pattern.size() + 1);
    const auto pass = [&](std::size_t from) {
        for (auto i = from; i < pattern.size() && at[i]; ++i) {
            if (pattern[i] != '*' && pattern[i] != '%') break;
            at[i + 1] = true;
        }
    };
    at[0] = true;
    pass(0);
    for (std::size_t n = 0; n < name.size(); ++n) {
        std::vector<bool> next(pattern.size() + 1);
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            if (!at[i]) continue;
            const char p = pattern[i];
            if (p == '*' || (p == '%' && name[n] != '/')) next[i] = true;
            const bool is_same = n < any_case ? to_lower(p) == to_lower(name[n]) : p == name[n];
            if (p != '*' && p != '%' && is_same) next[i + 1] = true;
        }
        at = std::move(next);
        for (std::size_t i = 0; i < pattern.size(); ++i) pass(i);
    }
    return at[pattern.size()];
}

}  // namespace

// A pattern of n different bytes keeps n / 8 bytes of places for each of up to 256 of them.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 40, .total_times = 400})) {
    fuzz::Input in(text.substr(0, 2000));
    const auto pattern = in.piece(std::min(in.rest().find('\0'), in.rest().size()));
    const std::size_t any_case = in.byte() % 2 == 0 ? 0 : 5;
    const auto name = in.rest().substr(0, 300);
    CHECK(imap::wire::Pattern(pattern).matches(name, any_case) ==
          plain_match(pattern, name, any_case));
}
