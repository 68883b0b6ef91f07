#include "load/measure.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <thread>

namespace rook::bench {
namespace {

constexpr int kErrorsOfOneWorker = 20;

std::string escape(const std::string& text) {
    std::string out;
    for (char c : text.substr(0, 200)) {
        if (c == '"' || c == '\\') out += '\\';
        out +=
            static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e ? '?' : c;
    }
    return out;
}

}  // namespace

double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Measure::State {
    int connections, runs;
    double seconds;
    std::mutex mutex;
    std::condition_variable all_ready;
    int waiting_for = 0;
    Clock::time_point start;
    double elapsed = 0, busy = 0;
    std::vector<double> latencies;  // In order of their end.
    std::uint64_t operations = 0, bytes = 0, errors = 0;
    std::string first_error;
    std::map<std::string, double> more;
};

Measure::Measure(const Options& options) : state_(std::make_unique<State>()) {
    state_->connections = options.number("connections", 1);
    state_->seconds = options.real("seconds", 0);
    state_->runs = options.number("runs", options.has("seconds") ? 0 : 1);
}

Measure::~Measure() = default;

void Measure::run(const std::function<void(Worker&)>& work) {
    state_->waiting_for = state_->connections;
    std::vector<std::thread> threads;
    for (int i = 0; i < state_->connections; ++i) {
        threads.emplace_back([&, i] {
            Worker worker(*state_, i);
            for (int failed = 0; failed < kErrorsOfOneWorker; ++failed) {
                try {
                    work(worker);
                    break;
                } catch (const std::exception& problem) {
                    error(problem.what());
                }
                if (!worker.more()) break;
            }
            worker.ready();
        });
    }
    for (auto& thread : threads) thread.join();
    state_->elapsed = since(state_->start);
}

void Measure::error(const std::string& what) {
    std::lock_guard lock(state_->mutex);
    if (!state_->errors++) state_->first_error = what;
}

void Measure::set(const std::string& name, double value) {
    std::lock_guard lock(state_->mutex);
    state_->more[name] = value;
}

void Measure::add(const std::string& name, double value) {
    std::lock_guard lock(state_->mutex);
    state_->more[name] += value;
}

int Measure::print() {
    auto& s = *state_;
    double first = s.latencies.empty() ? 0 : s.latencies.front();
    std::sort(s.latencies.begin(), s.latencies.end());
    auto at = [&](double part) {
        auto last = static_cast<double>(s.latencies.size()) - 1;
        return s.latencies.empty() ? 0 : s.latencies[static_cast<std::size_t>(part * last)];
    };
    // With one connection only the operations count, not what is prepared between them.
    auto time = std::max(s.connections == 1 ? s.busy : s.elapsed, 1e-9);
    std::string more;
    for (auto& [name, value] : s.more) more += fmt::format(", \"{}\": {}", name, value);
    fmt::print(
        "{{\"count\": {}, \"seconds\": {:.3f}, \"rate\": {:.3f}, \"p50_ms\": {:.4f}, \"p99_ms\": "
        "{:.4f}, \"best_ms\": {:.4f}, \"first_ms\": {:.4f}, \"bytes\": {}, \"mb_per_s\": {:.2f}{}, "
        "\"errors\": {}, \"first_error\": \"{}\"}}\n",
        s.operations, time, static_cast<double>(s.operations) / time, at(0.5) * 1000,
        at(0.99) * 1000, at(0) * 1000, first * 1000, s.bytes,
        static_cast<double>(s.bytes) / time / 1e6, more, s.errors, escape(s.first_error));
    return s.errors ? 1 : 0;
}

void Measure::Worker::ready() {
    if (ready_) return;
    ready_ = true;
    std::unique_lock lock(state_.mutex);
    if (--state_.waiting_for == 0) {
        state_.start = Clock::now();
        state_.all_ready.notify_all();
    }
    state_.all_ready.wait(lock, [&] { return state_.waiting_for <= 0; });
}

bool Measure::Worker::more() {
    ready();
    if (state_.runs) return turns_++ < state_.runs;
    return since(state_.start) < state_.seconds;
}

void Measure::Worker::timed(const std::function<void()>& operation, std::uint64_t operations) {
    auto begin = Clock::now();
    operation();
    took(since(begin), operations);
}

void Measure::Worker::took(double seconds, std::uint64_t operations) {
    std::lock_guard lock(state_.mutex);
    state_.latencies.push_back(seconds);
    state_.busy += seconds;
    state_.operations += operations;
}

void Measure::Worker::bytes(std::uint64_t n) {
    std::lock_guard lock(state_.mutex);
    state_.bytes += n;
}

}  // namespace rook::bench
