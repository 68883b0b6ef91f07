// What fuzz targets share: one line to begin with, and the cost oracle. Not for the program.
//
//     FUZZ(text) {
//         if (auto bytes = base64_decode(text)) CHECK(base64_encode(*bytes) == text);
//     }
//
// Besides what the sanitizers and CHECK find, a target aborts when it held more memory at once than
// 8 bytes for each byte of its input and 1 MB, or asked for more in all than 64 bytes for each and
// 4 MB: the one is what a peer could make a server hold, the other shows copying that grows faster
// than its input. A target for which that is wrong says so with FUZZ_WITHIN and a reason.
#pragma once

#include <sanitizer/allocator_interface.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace rook::fuzz {

struct Budget {
    std::int64_t held_times = 8, held_free = 1 << 20;
    std::int64_t total_times = 64, total_free = 4 << 20;
};
// Where the input decides how often an answer is asked for, the answers are no measure.
constexpr Budget kNoBudget{INT32_MAX, INT32_MAX, INT32_MAX, INT32_MAX};

// Bytes asked for while it is there.
class Meter {
public:
    Meter() {
        static const int installed = __sanitizer_install_malloc_and_free_hooks(got, freed);
        if (installed == 0) std::abort();
        held_ = most_ = total_ = 0;
        is_on_ = true;
    }
    ~Meter() { is_on_ = false; }
    Meter(const Meter&) = delete;
    Meter& operator=(const Meter&) = delete;

    void check(const Budget& budget, std::size_t input) const {
        is_on_ = false;
        const auto size = static_cast<std::int64_t>(input);
        if (most_ <= budget.held_times * size + budget.held_free &&
            total_ <= budget.total_times * size + budget.total_free)
            return;
        std::fprintf(stderr, "COST: %lld bytes held at once, %lld in all, for an input of %lld\n",
                     static_cast<long long>(most_), static_cast<long long>(total_),
                     static_cast<long long>(size));
        std::abort();
    }

private:
    static void got(const volatile void*, std::size_t size) {
        if (!is_on_) return;
        total_ += static_cast<std::int64_t>(size);
        held_ += static_cast<std::int64_t>(size);
        most_ = std::max<std::int64_t>(most_, held_);
    }
    static void freed(const volatile void* bytes) {
        if (!is_on_ || !bytes) return;
        held_ -= static_cast<std::int64_t>(
            __sanitizer_get_allocated_size(const_cast<const void*>(bytes)));
    }
    static inline std::atomic<bool> is_on_{false};
    static inline std::atomic<std::int64_t> held_{0}, most_{0}, total_{0};
};

// Bytes of the input that steer a target. Behind its end they are 0 and "".
class Input {
public:
    explicit Input(std::string_view text) : rest_(text) {}
    std::uint8_t byte() {
        if (rest_.empty()) return 0;
        const auto first = static_cast<std::uint8_t>(rest_.front());
        rest_.remove_prefix(1);
        return first;
    }
    std::uint16_t u16() {
        const auto high = byte();
        return static_cast<std::uint16_t>(high << 8 | byte());
    }
    std::uint32_t u32() {
        const std::uint32_t high = u16();
        return high << 16 | u16();
    }
    std::string_view piece(std::size_t bytes) {
        const auto front = rest_.substr(0, bytes);
        rest_.remove_prefix(front.size());
        return front;
    }
    std::string_view rest() const { return rest_; }
    bool at_end() const { return rest_.empty(); }

private:
    std::string_view rest_;
};

// Calls `one` with the text in pieces of `step` bytes.
template <class One>
void in_pieces(std::string_view text, std::size_t step, One&& one) {
    for (std::size_t at = 0; at < text.size(); at += step) one(text.substr(at, step));
}

}  // namespace rook::fuzz

#define FUZZ_WITHIN(text, budget)                                                       \
    static void fuzz_one(std::string_view text);                                        \
    extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) { \
        const rook::fuzz::Meter meter;                                                  \
        fuzz_one(std::string_view(reinterpret_cast<const char*>(data), size));          \
        meter.check(budget, size);                                                      \
        return 0;                                                                       \
    }                                                                                   \
    static void fuzz_one(std::string_view text)
#define FUZZ(text) FUZZ_WITHIN(text, rook::fuzz::Budget{})
