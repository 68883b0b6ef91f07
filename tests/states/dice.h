// Choices by seed.
#pragma once

#include <cstdint>
#include <iterator>
#include <random>

namespace rook::states {

class Dice {
public:
    explicit Dice(std::uint64_t seed) : random_(seed) {}

    std::uint64_t number() { return random_(); }
    // Below `bound`, which is not 0.
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    std::uint64_t between(std::uint64_t low, std::uint64_t high) {
        return low + below(high - low + 1);
    }
    // Once in `n` times.
    bool once_in(std::uint64_t n) { return below(n) == 0; }
    template <class Range>
    const auto& one_of(const Range& range) {
        return *std::next(std::begin(range), static_cast<std::ptrdiff_t>(below(std::size(range))));
    }

private:
    std::mt19937_64 random_;
};

}  // namespace rook::states
