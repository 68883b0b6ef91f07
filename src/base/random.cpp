#include "base/random.h"

#include <sys/random.h>

#include <cstring>
#include <mutex>
#include <random>
#include <system_error>

namespace rook {
namespace {

class SeededRandom final : public Random {
public:
    explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
    std::string bytes(std::size_t n) override {
        std::lock_guard lock(mutex_);
        std::string out(n, '\0');
        for (std::size_t at = 0; at < n; at += 8) {
            auto word = engine_();
            std::memcpy(out.data() + at, &word, std::min<std::size_t>(8, n - at));
        }
        return out;
    }

private:
    std::mutex mutex_;
    std::mt19937_64 engine_;
};

}  // namespace

std::uint64_t Random::u64() {
    std::uint64_t v;
    std::memcpy(&v, bytes(8).data(), 8);
    return v;
}

std::uint64_t Random::below(std::uint64_t bound) {
    // Values in the last, incomplete run of `bound` would favour small numbers: draw again.
    std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;
    for (;;) {
        if (auto v = u64(); v < limit) return v % bound;
    }
}

std::string SystemRandom::bytes(std::size_t n) {
    std::string out(n, '\0');
    for (std::size_t at = 0; at < n;) {
        auto got = getrandom(out.data() + at, n - at, 0);
        if (got < 0 && errno != EINTR)
            throw std::system_error(errno, std::generic_category(), "getrandom");
        if (got > 0) at += static_cast<std::size_t>(got);
    }
    return out;
}

std::unique_ptr<Random> make_seeded_random(std::uint64_t seed) {
    return std::make_unique<SeededRandom>(seed);
}

}  // namespace rook
