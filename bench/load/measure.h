// Runs workers for a time or a number of turns and prints one JSON object of what they measured.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "load/options.h"

namespace rook::bench {

using Clock = std::chrono::steady_clock;
double since(Clock::time_point start);

// What all workers share.
class Measure {
public:
    // --connections workers, until --seconds are over or each has done --runs turns.
    explicit Measure(const Options& options);
    ~Measure();

    class Worker;
    // Runs `work` in every worker. Where it throws, that is an error: it is counted, the first is
    // kept, and the worker starts again.
    void run(const std::function<void(Worker&)>& work);

    // An error that ended nothing.
    void error(const std::string& what);
    // A further figure of the answer, such as how many a search found.
    void set(const std::string& name, double value);
    void add(const std::string& name, double value);
    // Prints the answer; the exit code is 1 when there were errors.
    int print();

private:
    struct State;
    std::unique_ptr<State> state_;
};

// One connection's part of a Measure.
class Measure::Worker {
public:
    Worker(State& state, int index) : state_(state), index_(index) {}

    int index() const { return index_; }
    // Called once all is prepared (logged in, selected): the clock starts when every worker is.
    void ready();
    // Whether to do another turn. Implies ready().
    bool more();
    // One operation, timed; `operations` when it did the work of several.
    void timed(const std::function<void()>& operation, std::uint64_t operations = 1);
    void bytes(std::uint64_t n);
    // A latency that was measured elsewhere.
    void took(double seconds, std::uint64_t operations = 1);

private:
    State& state_;
    int index_;
    int turns_ = 0;
    bool ready_ = false;
};

}  // namespace rook::bench
