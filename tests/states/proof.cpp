#include "states/proof.h"

#include <fmt/format.h>

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace rook::states {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

std::string text_of(const Counts& counts) {
    std::string text;
    for (auto& [name, n] : counts)
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ", n, name);
    return text;
}

bool write_report(const Proof& proof, const Options& options, const Counts& counts,
                  std::size_t problems, double seconds) {
    std::string numbers;
    for (auto& [name, n] : counts) {
        numbers += fmt::format("{}\"{}\": {}", numbers.empty() ? "" : ", ", name, n);
    }
    const auto text = fmt::format(
        "{{\"proof\": \"{}\", \"counts\": {{{}}}, \"problems\": {}, \"seconds\": {:.1f}}}\n",
        proof.name, numbers, problems, seconds);
    auto* file = std::fopen(options.report.c_str(), "w");
    const bool is_written = file && std::fputs(text.c_str(), file) >= 0;
    return file && std::fclose(file) == 0 && is_written;
}

// Ends the process when a life does not end: that is wrong as well.
class Watchdog {
public:
    void begin(std::uint64_t seed) {
        std::lock_guard lock(mutex_);
        seed_ = seed;
        begun_ = Clock::now();
    }

private:
    static constexpr std::chrono::minutes kMost{3};

    void watch(std::stop_token stop) {
        std::unique_lock lock(mutex_);
        while (!changed_.wait_for(lock, stop, kMost / 6, [] { return false; })) {
            if (stop.stop_requested()) return;
            if (Clock::now() - begun_ < kMost) continue;
            fmt::print("WRONG: it does not end; again with: --seed {} --points 1\n", seed_);
            std::fflush(stdout);
            std::_Exit(1);
        }
    }

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::uint64_t seed_ = 0;
    Clock::time_point begun_ = Clock::now();
    std::jthread thread_{[this](std::stop_token stop) { watch(stop); }};
};

// An assertion of RocksDB ends the process: with the seed, and as what is wrong.
std::atomic<std::uint64_t> current_seed{0};
void die(int number) {
    const auto text =
        fmt::format("WRONG: signal {} ends the process; again with: --seed {} --points 1\n", number,
                    current_seed.load());
    if (write(STDOUT_FILENO, text.data(), text.size()) < 0) std::_Exit(2);
    std::_Exit(1);
}

}  // namespace

std::string said(const Error& error) { return error.said + " (" + error.detail + ")"; }

int prove(const Proof& proof, const Options& options) {
    const auto begin = Clock::now();
    auto told = begin;
    Counts counts{{proof.unit, 0}};
    Watchdog watchdog;
    for (auto number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(number, die);
    std::size_t wrong = 0;
    for (auto seed = options.seed;; ++seed) {
        watchdog.begin(seed);
        current_seed = seed;
        const auto found = proof.live(seed, counts);
        for (auto& one : found) fmt::print("WRONG: {}\n", one);
        if (!found.empty()) fmt::print("again with: --seed {} --points 1\n", seed);
        wrong += found.size();
        if (wrong > 0 && !options.goes_on) break;
        if (counts[proof.unit] >= options.points && seconds_since(begin) >= options.minutes * 60)
            break;
        if (seconds_since(told) < 5) continue;
        told = Clock::now();
        fmt::print("{:.0f} s: {}; seed {}\n", seconds_since(begin), text_of(counts), seed);
        std::fflush(stdout);
    }
    const auto seconds = seconds_since(begin);
    fmt::print("{}: {}, {} wrong, in {:.1f} s ({:.0f} a second)\n", proof.name, text_of(counts),
               wrong, seconds, static_cast<double>(counts[proof.unit]) / seconds);
    if (!options.report.empty() && !write_report(proof, options, counts, wrong, seconds)) {
        fmt::print(stderr, "cannot write {}\n", options.report);
        return 1;
    }
    return wrong == 0 ? 0 : 1;
}

}  // namespace rook::states
