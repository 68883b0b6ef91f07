#include "net/output.h"

#include <algorithm>

#include "base/check.h"

namespace rook::net {

namespace {
// Small answers share a block of a page; long ones fill blocks of four TLS records.
constexpr std::size_t kSmallest = 512, kLargest = 64 * 1024;
// Fewer are better copied than given a block, with what its end wastes.
constexpr std::size_t kGiven = 4096;
}  // namespace

void Output::append(std::string_view bytes) {
    if (bytes.empty()) return;
    copied_ += bytes.size();
    if (first_ < blocks_.size()) {
        auto& last = blocks_.back();
        const auto fits = std::min(bytes.size(), last.capacity() - last.size());
        last.append(bytes.substr(0, fits));
        size_ += fits;
        bytes.remove_prefix(fits);
    }
    if (bytes.empty()) return;
    auto& block = blocks_.emplace_back();
    block.reserve(std::max(bytes.size(), std::clamp(copied_, kSmallest, kLargest)));
    block.append(bytes);
    size_ += bytes.size();
}

void Output::give(std::string bytes) {
    if (bytes.size() < kGiven || bytes.capacity() > 2 * bytes.size()) return append(bytes);
    size_ += bytes.size();
    copied_ = 0;
    blocks_.push_back(std::move(bytes));
}

std::string_view Output::block(std::size_t i) const {
    if (first_ + i >= blocks_.size()) return {};
    const std::string_view whole = blocks_[first_ + i];
    return i == 0 ? whole.substr(taken_) : whole;
}

void Output::consume(std::size_t n) {
    CHECK(n <= size_);
    size_ -= n;
    if (size_ == 0) return clear();
    while (n > 0) {
        auto& front = blocks_[first_];
        const auto part = std::min(n, front.size() - taken_);
        taken_ += part;
        n -= part;
        if (taken_ < front.size()) return;
        std::string().swap(front);
        ++first_;
        taken_ = 0;
    }
    // A reader that never quite empties the chain must not make it grow for ever.
    if (first_ > 64 && first_ * 2 > blocks_.size()) {
        blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
}

}  // namespace rook::net
