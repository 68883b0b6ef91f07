// The worker threads: a lane for each kind of work, so that one kind never starves another.
//
// A lane's threads are made when work waits and none is free, up to its cap; of those that are free
// the one that worked last is called, whose stack and caches are warm. Waiting work of the
// Scan and Hash lanes is taken in turn by network, so that a flood from one address delays itself
// only. Owned by: the server. Threads:  any.
#pragma once

#include <array>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "net/session.h"

namespace rook::net {

class Task {
public:
    virtual ~Task() = default;
    // On a worker. True: again, when the others had their turn. Never throws.
    virtual bool work() = 0;
    // Instead of work(), when the server goes down.
    virtual void abandoned() = 0;
    // Whose turn it takes.
    virtual const std::string& turn_of() const = 0;
};

// First in, first out within a name; the names take turns.
class TurnQueue {
public:
    void push(const std::string& name, std::shared_ptr<Task>);
    std::shared_ptr<Task> pop();  // null when empty
    std::size_t size() const { return size_; }
    std::size_t size_of(const std::string& name) const;
    std::size_t names() const { return turns_.size(); }

private:
    std::unordered_map<std::string, std::deque<std::shared_ptr<Task>>> waiting_;
    std::deque<std::string> turns_;
    std::size_t size_ = 0;
};

class Workers {
public:
    // Caps by Lane.
    explicit Workers(std::array<unsigned, 3> caps);
    ~Workers();  // stop()

    // A shared Task is kept alive by its connection and by the queue or the worker that runs it.
    void submit(Lane, std::shared_ptr<Task>);
    std::size_t waiting(Lane) const;
    // `most` wait under that name, or as many names wait.
    bool is_full(Lane, const std::string& name, std::size_t most) const;
    // Waits for what runs; abandons what waits and what comes later.
    void stop();

private:
    struct Worker {
        std::thread thread;
        std::condition_variable called;
        bool is_called = false;
    };
    struct LaneState {
        mutable std::mutex mutex;
        TurnQueue queue;
        std::vector<std::unique_ptr<Worker>> workers;  // kept to the end: they may be notified late
        std::vector<Worker*> idle;                     // who worked last at the end
        unsigned cap = 1;
        bool stopped = false;
    };
    void run(LaneState&, Lane, Worker&);
    std::array<LaneState, 3> lanes_;
};

}  // namespace rook::net
