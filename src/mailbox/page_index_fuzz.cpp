// The page index under any changes, against a map.
#include "mailbox/page_index.h"

#include <map>

#include "base/check.h"
#include "base/fuzzing.h"

using namespace rook;
using namespace rook::mailbox;

namespace {

void compare(const PageIndex& index, const std::map<std::uint32_t, PageInfo>& model) {
    std::uint32_t entries = 0;
    auto place = index.first();
    for (auto& [low, info] : model) {
        CHECK(place && index.at(*place) == info && place->before == entries);
        entries += info.count;
        place = index.next(*place);
    }
    CHECK(!place && index.page_count() == model.size() && index.entry_count() == entries);
}

void look_up(const PageIndex& index, const std::map<std::uint32_t, PageInfo>& model, Uid uid) {
    const auto found = index.find(uid);
    CHECK(found.has_value() == !model.empty());
    if (model.empty()) return;
    auto want = model.upper_bound(uid.v);
    if (want != model.begin()) --want;
    CHECK(index.at(*found) == want->second);
    CHECK(index.at(index.forward(*index.first(), uid)) == want->second);
    if (const auto nth = index.find_nth(uid.v)) {
        CHECK(nth->before <= uid.v && uid.v < nth->before + index.at(*nth).count);
    } else {
        CHECK(uid.v >= index.entry_count());
    }
}

}  // namespace

// Every snapshot is walked, and each change copies a node.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 300, .total_times = 20'000})) {
    fuzz::Input in(text.substr(0, 4096));
    std::map<std::uint32_t, PageInfo> model;
    PageIndex index;
    while (!in.at_end()) {
        IndexEditor editor(index);
        for (auto changes = in.byte() % 8 + 1; changes > 0 && !in.at_end(); --changes) {
            const std::uint32_t low = in.byte();
            if (in.byte() % 4 == 0) {
                if (model.erase(low) > 0) editor.erase(Uid{low});
                continue;
            }
            // A new page goes behind all others.
            const auto at =
                model.contains(low) || model.empty() ? low : model.rbegin()->first + 1 + low % 3;
            const auto count = static_cast<std::uint8_t>(in.byte() % 64 + 1);
            const PageInfo info{Uid{at}, count, static_cast<std::uint8_t>(low % (count + 1u)), 0,
                                ModSeq{low}};
            editor.put(info);
            model[at] = info;
        }
        const auto before = index;
        index = editor.index();
        compare(index, model);
        look_up(index, model, Uid{in.byte()});
    }
}
