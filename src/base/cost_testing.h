// For tests of how cost grows: what some work costs at an input and at one four times as long.
//
// Counted are allocations and their bytes (not in sanitizer builds) and, where the machine has a
// counter for them, instructions: none of it depends on what else the machine does. Where it has
// none, the best CPU time of several runs is taken instead, with a floor below which it says
// nothing, and growth must be seen again and again before it counts.
//
// Include in one file of a test program: it replaces operator new.
#pragma once

#include <linux/perf_event.h>
#include <malloc.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <new>
#include <optional>
#include <string>

namespace rook::cost {

constexpr double kMostRatio = 6;  // at four times the size; a quadratic step is 16

struct Cost {
    double allocations = 0, bytes = 0;
    std::optional<double> instructions;
    double seconds = 0;
};

inline thread_local std::uint64_t allocations = 0, allocated_bytes = 0;

// Of this thread in user mode; -1 where there is none.
inline int instruction_counter() {
    static const int fd = [] {
        perf_event_attr what;
        std::memset(&what, 0, sizeof(what));
        what.size = sizeof(what);
        what.type = PERF_TYPE_HARDWARE;
        what.config = PERF_COUNT_HW_INSTRUCTIONS;
        what.exclude_kernel = 1;
        what.exclude_hv = 1;
        return static_cast<int>(
            syscall(SYS_perf_event_open, &what, 0, -1, -1, PERF_FLAG_FD_CLOEXEC));
    }();
    return fd;
}
inline std::uint64_t instructions_now() {
    std::uint64_t count = 0;
    if (read(instruction_counter(), &count, sizeof(count)) != sizeof(count)) return 0;
    return count;
}
inline double cpu_seconds() {
    timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

inline Cost measure(const std::function<void()>& work) {
    const bool counts = instruction_counter() >= 0;
    const auto allocations_before = allocations, bytes_before = allocated_bytes;
    const auto instructions_before = counts ? instructions_now() : 0;
    const auto start = cpu_seconds();
    work();
    Cost cost;
    cost.seconds = cpu_seconds() - start;
    if (counts) cost.instructions = static_cast<double>(instructions_now() - instructions_before);
    cost.allocations = static_cast<double>(allocations - allocations_before);
    cost.bytes = static_cast<double>(allocated_bytes - bytes_before);
    return cost;
}

// What grew more than it may between two costs, in words; empty when all is well.
inline std::string too_much(const char* what, double small, double large, double floor) {
    if (large <= kMostRatio * small + floor) return {};
    return std::string(" ") + what + " " + std::to_string(small) + " -> " + std::to_string(large);
}

using Make = std::function<std::string(std::size_t)>;
using Work = std::function<void(const std::string&)>;

// malloc takes large blocks from the system and gives them back at once: each of their pages then
// costs a fault in every run, of the larger input only, and on some virtual machines that is more
// than the work.
inline void keep_memory() {
    mallopt(M_MMAP_THRESHOLD, 32 << 20);  // as much as it takes
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

// Runs `work` on make(n) and make(4 n). Empty when no cost grew to more than six times itself.
inline std::string growth(const Make& make, const Work& work, std::size_t n) {
    keep_memory();
    const auto once = make(n), four_times = make(4 * n);
    const auto run = [&](const std::string& input) { return measure([&] { work(input); }); };
    run(once);  // what is made at first use is not counted
    auto small = run(once), large = run(four_times);
    auto said = too_much("allocations", small.allocations, large.allocations, 1000) +
                too_much("bytes", small.bytes, large.bytes, 128 * 1024);
    if (small.instructions) {
        said += too_much("instructions", *small.instructions, *large.instructions, 500'000);
    } else {
        for (int more = 0; more < 2; ++more)
            small.seconds = std::min(small.seconds, run(once).seconds);
        const auto slow = [&] { return too_much("seconds", small.seconds, large.seconds, 0.005); };
        for (int more = 0; more < 20 && !slow().empty(); ++more) {
            small.seconds = std::min(small.seconds, run(once).seconds);
            large.seconds = std::min(large.seconds, run(four_times).seconds);
        }
        said += slow();
    }
    if (said.empty()) return {};
    return std::to_string(once.size()) + " -> " + std::to_string(four_times.size()) + ":" + said;
}

inline std::string repeat(std::string_view text, std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) out += text;
    return out;
}
// start, the unit again and again, end.
inline Make repeated(std::string start, std::string unit, std::string end = {}) {
    return [=](std::size_t n) { return start + repeat(unit, n) + end; };
}

}  // namespace rook::cost

#if !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
// clang-tidy takes the free() here for one of memory that delete has freed before.
// NOLINTBEGIN(clang-analyzer-cplusplus.NewDelete)
void* operator new(std::size_t size) {
    ++rook::cost::allocations;
    rook::cost::allocated_bytes += size;
    if (void* bytes = std::malloc(size)) return bytes;
    throw std::bad_alloc();
}
void operator delete(void* bytes) noexcept { std::free(bytes); }
void operator delete(void* bytes, std::size_t) noexcept { std::free(bytes); }
// NOLINTEND(clang-analyzer-cplusplus.NewDelete)
#endif
