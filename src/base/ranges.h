// A set of Uids or Seqs as ranges: what IMAP calls a sequence set once its `*` and `$` are known.
//
// Threads: a plain value.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"

namespace rook {

template <class T>
struct Range {
    T first, last;  // both included; first <= last
    friend bool operator==(const Range&, const Range&) = default;
};

// Sorted, disjoint, never adjacent: one spelling a set.
template <class T>
class Ranges {
public:
    Ranges() = default;
    explicit Ranges(T one) { add(one, one); }

    // Linear in the number of ranges unless it goes at or behind the end, where it is constant.
    // Many in any order: from_unsorted().
    void add(T first, T last) {
        if (last < first) std::swap(first, last);
        if (ranges_.empty() || ranges_.back().last.v < first.v) {
            if (!ranges_.empty() && first.v - ranges_.back().last.v == 1) {
                ranges_.back().last = last;
            } else {
                ranges_.push_back({first, last});
            }
            return;
        }
        ranges_.push_back({first, last});
        normalise();
    }
    void add(T one) { add(one, one); }

    static Ranges from_unsorted(std::vector<Range<T>> ranges) {
        Ranges set;
        for (auto& range : ranges) {
            if (range.last < range.first) std::swap(range.first, range.last);
        }
        set.ranges_ = std::move(ranges);
        set.normalise();
        return set;
    }

    bool contains(T one) const {
        auto after =
            std::upper_bound(ranges_.begin(), ranges_.end(), one,
                             [](T value, const Range<T>& range) { return value < range.first; });
        return after != ranges_.begin() && one <= std::prev(after)->last;
    }
    bool is_empty() const { return ranges_.empty(); }
    // How many numbers are in it.
    std::uint64_t count() const {
        std::uint64_t total = 0;
        for (auto& range : ranges_) total += std::uint64_t{range.last.v} - range.first.v + 1;
        return total;
    }
    T first() const { return ranges_.front().first; }  // not of an empty set
    T last() const { return ranges_.back().last; }     // not of an empty set
    auto begin() const { return ranges_.begin(); }
    auto end() const { return ranges_.end(); }
    friend bool operator==(const Ranges&, const Ranges&) = default;

    // "1:3,5" (RFC 9051 sequence-set); "" when empty.
    std::string to_text() const {
        std::string out;
        for (auto& range : ranges_) {
            if (!out.empty()) out += ',';
            out += std::to_string(range.first.v);
            if (range.first < range.last) out.append(":").append(std::to_string(range.last.v));
        }
        return out;
    }

private:
    void normalise() {
        std::sort(ranges_.begin(), ranges_.end(),
                  [](auto& a, auto& b) { return a.first < b.first; });
        std::size_t kept = 0;
        for (std::size_t i = 1; i < ranges_.size(); ++i) {
            auto& last = ranges_[kept];
            if (ranges_[i].first.v <= last.last.v || ranges_[i].first.v - last.last.v == 1) {
                last.last = std::max(last.last, ranges_[i].last);
            } else {
                ranges_[++kept] = ranges_[i];
            }
        }
        if (!ranges_.empty()) ranges_.resize(kept + 1);
    }

    std::vector<Range<T>> ranges_;
};

using UidSet = Ranges<Uid>;
using SeqSet = Ranges<Seq>;

}  // namespace rook
