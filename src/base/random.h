// Random bytes behind an interface, so that tests can repeat a run by its seed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace rook {

// Threads: any.
class Random {
public:
    virtual ~Random() = default;
    virtual std::string bytes(std::size_t n) = 0;

    std::uint64_t u64();
    // Uniform in [0, bound); bound > 0.
    std::uint64_t below(std::uint64_t bound);
};

// The operating system's secure generator.
class SystemRandom final : public Random {
public:
    std::string bytes(std::size_t n) override;
};

// The same seed, the same bytes. For tests only.
std::unique_ptr<Random> make_seeded_random(std::uint64_t seed);

}  // namespace rook
