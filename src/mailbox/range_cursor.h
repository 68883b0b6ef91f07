// Walks along a set with rising questions: each costs what was passed over, not a search.
#pragma once

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "base/ranges.h"

namespace rook::mailbox {

// Borrows the set. Questions rise; a lower one starts over by itself.
template <class T>
class RangeCursor {
public:
    explicit RangeCursor(const Ranges<T>& set)
        : begin_(set.begin()), at_(set.begin()), end_(set.end()) {}

    bool contains(T one) {
        seek(one);
        return at_ != end_ && at_->first <= one;
    }
    // Whether the set has any of [first, last].
    bool touches(T first, T last) {
        seek(first);
        return at_ != end_ && at_->first <= last;
    }
    // The set's first number above `one`.
    std::optional<T> next_after(T one) {
        if (one.v == 0xFFFFFFFF) return std::nullopt;
        const T above{one.v + 1};
        seek(above);
        if (at_ == end_) return std::nullopt;
        return std::max(at_->first, above);
    }

private:
    using Iterator = decltype(std::declval<const Ranges<T>&>().begin());
    // To the first range that ends at or above.
    void seek(T one) {
        if (at_ == end_ || (at_ != begin_ && std::prev(at_)->last >= one)) at_ = begin_;
        while (at_ != end_ && at_->last < one) ++at_;
    }
    Iterator begin_, at_, end_;
};

}  // namespace rook::mailbox
