#include "net/workers.h"

#include <pthread.h>

#include <utility>

#include "net/loop.h"

namespace rook::net {

namespace {

const std::string kOneTurn;  // ordinary commands are short: first come, first served

const std::string& turn_name(Lane lane, const Task& task) {
    return lane == Lane::Short ? kOneTurn : task.turn_of();
}

const char* thread_name(Lane lane) {
    switch (lane) {
        case Lane::Short:
            return "rook-short";
        case Lane::Scan:
            return "rook-scan";
        case Lane::Hash:
            return "rook-hash";
    }
    return "rook";
}

}  // namespace

void TurnQueue::push(const std::string& name, std::shared_ptr<Task> task) {
    auto& queue = waiting_[name];
    if (queue.empty()) turns_.push_back(name);
    queue.push_back(std::move(task));
    ++size_;
}

std::shared_ptr<Task> TurnQueue::pop() {
    if (turns_.empty()) return nullptr;
    const auto at = waiting_.find(turns_.front());
    auto task = std::move(at->second.front());
    at->second.pop_front();
    --size_;
    if (turns_.size() == 1 && !at->second.empty()) return task;  // alone: still its turn
    auto name = std::move(turns_.front());
    turns_.pop_front();
    if (!at->second.empty()) {
        turns_.push_back(std::move(name));
    } else if (!name.empty()) {
        waiting_.erase(at);
    }
    return task;
}

std::size_t TurnQueue::size_of(const std::string& name) const {
    const auto at = waiting_.find(name);
    return at == waiting_.end() ? 0 : at->second.size();
}

Workers::Workers(std::array<unsigned, 3> caps) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) lanes_[i].cap = std::max(1u, caps[i]);
}

Workers::~Workers() { stop(); }

void Workers::submit(Lane lane, std::shared_ptr<Task> task) {
    auto& state = lanes_[static_cast<std::size_t>(lane)];
    Worker* called = nullptr;
    {
        std::lock_guard lock(state.mutex);
        if (!state.stopped) {
            const auto& name = turn_name(lane, *task);
            state.queue.push(name, std::move(task));
            if (!state.idle.empty()) {
                called = state.idle.back();
                state.idle.pop_back();
                called->is_called = true;
            } else if (state.workers.size() < state.cap) {
                auto& worker = *state.workers.emplace_back(std::make_unique<Worker>());
                worker.thread =
                    std::thread([this, &state, &worker, lane] { run(state, lane, worker); });
            }
        }
    }
    if (task) task->abandoned();
    if (called) called->called.notify_one();
}

std::size_t Workers::waiting(Lane lane) const {
    auto& state = lanes_[static_cast<std::size_t>(lane)];
    std::lock_guard lock(state.mutex);
    return state.queue.size();
}

bool Workers::is_full(Lane lane, const std::string& name, std::size_t most) const {
    auto& state = lanes_[static_cast<std::size_t>(lane)];
    std::lock_guard lock(state.mutex);
    return state.queue.names() >= most || state.queue.size_of(name) >= most;
}

void Workers::run(LaneState& state, Lane lane, Worker& self) {
    block_signals_in_this_thread();
    pthread_setname_np(pthread_self(), thread_name(lane));
    std::unique_lock lock(state.mutex);
    for (;;) {
        while (!state.stopped && state.queue.size() == 0) {
            self.is_called = false;
            state.idle.push_back(&self);
            self.called.wait(lock, [&] { return self.is_called || state.stopped; });
        }
        if (state.stopped) return;
        auto task = state.queue.pop();
        lock.unlock();
        const bool again = task->work();
        if (!again) task.reset();  // its connection may end here: not under the lock
        lock.lock();
        if (task && !state.stopped) {
            const auto& name = turn_name(lane, *task);
            state.queue.push(name, std::move(task));
        } else if (task) {
            lock.unlock();
            std::exchange(task, nullptr)->abandoned();
            lock.lock();
        }
    }
}

void Workers::stop() {
    for (auto& state : lanes_) {
        {
            std::lock_guard lock(state.mutex);
            state.stopped = true;
        }
        for (auto& worker : state.workers) worker->called.notify_one();
        for (auto& worker : state.workers) {
            if (worker->thread.joinable()) worker->thread.join();
        }
        TurnQueue left;
        {
            std::lock_guard lock(state.mutex);
            std::swap(left, state.queue);
        }
        while (auto task = left.pop()) task->abandoned();
    }
}

}  // namespace rook::net
