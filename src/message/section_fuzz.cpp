// Part numbers: those of each part lead back to it, and any others to a part or to none.
#include "message/section.h"

#include "base/ascii.h"
#include "base/check.h"
#include "base/fuzzing.h"
#include "message/parser.h"

using namespace rook;
using namespace rook::message;

// A part with all its texts is about 1,000 bytes, and can be five of a message.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 600, .total_times = 2000})) {
    fuzz::Input in(text);
    std::vector<std::uint32_t> numbers(in.byte() % 6);
    for (auto& number : numbers) number = in.byte() % 8;
    const auto parts = parse(in.rest()).parts;
    if (const auto* found = find_part(parts, numbers)) {
        CHECK(found >= parts.data() && found < parts.data() + parts.size());
        (void)embedded_message(parts, *found);
    }
    for (std::size_t i = 0; i < parts.size() && i < 100; ++i) {
        std::vector<std::uint32_t> own;
        const auto section = section_of(parts, i);
        if (section.empty()) continue;
        for (auto number : split(section, '.')) own.push_back(*parse_number<std::uint32_t>(number));
        const auto* found = find_part(parts, own);
        CHECK(found &&
              section_of(parts, static_cast<std::size_t>(found - parts.data())) == section);
    }
}
