// Sequence sets: read, written and read again, and their sum as ranges.
#include "base/check.h"
#include "base/fuzzing.h"
#include "imap/wire/args.h"

using namespace rook;
using namespace rook::imap::wire;

namespace {

std::string text_of(const NumberSet& set) {
    const auto number = [](std::uint32_t n) {
        return n == NumberSet::kStar ? std::string("*") : std::to_string(n);
    };
    std::string out = set.is_saved ? "$" : "";
    for (auto& range : set.ranges) {
        if (!out.empty()) out += ',';
        out += number(range.first) + ":" + number(range.last);
    }
    return out;
}

}  // namespace

FUZZ(text) {
    Args args(text);
    const auto set = args.number_set();
    if (!set) return;
    const auto written = text_of(*set);
    Args again(written);
    const auto same = again.number_set();
    CHECK(same && again.at_end() && text_of(*same) == written);

    std::vector<Range<Uid>> ranges;
    for (auto& range : set->ranges) {
        const Uid first{range.first ? range.first : 0xFFFFFFFF};
        ranges.push_back({first, Uid{range.last ? range.last : 0xFFFFFFFF}});
    }
    const auto all = UidSet::from_unsorted(ranges);
    for (auto& range : ranges) CHECK(all.contains(range.first) && all.contains(range.last));
    const auto sum = all.to_text();
    Args third(sum);
    CHECK(set->is_saved || third.number_set().has_value() == !all.is_empty());
}
