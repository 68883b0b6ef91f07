// One network thread: waits until its descriptors are readable or writable, runs what others post
// to it, and ticks.
//
// The one place that knows Boost.Asio. Everything else reads and writes descriptors itself when
// told that it can, so that no buffer is held while nothing comes. Owned by: the server; one a
// core. Threads:  post() and start() from any; the rest from the loop itself.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "net/session.h"

namespace rook::net {

// Told once for every wait.
class Waiter {
public:
    virtual ~Waiter() = default;
    virtual void readable() = 0;
    virtual void writable() = 0;
};

class Loop {
public:
    static constexpr std::chrono::milliseconds kTickEvery{250};

    Loop();
    ~Loop();  // stops
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    // `tick` is called on the loop every 250 ms.
    void start(std::function<void()> tick);
    // Ends the thread. Close every Descriptor first.
    void stop();

    // Runs it soon on the loop, in the order of the calls. What it throws is lost: it catches what
    // it can do something about.
    void post(std::move_only_function<void()>);
    // Runs it on the loop after that time. Few at a time: connections use the TimerWheel.
    void after(std::chrono::milliseconds, std::move_only_function<void()>);

    // kMaxInput bytes to read into, shared by every connection of the loop: valid until the
    // callback returns.
    char* scratch() { return scratch_.get(); }

private:
    friend class Descriptor;
    struct Impl;
    std::unique_ptr<Impl> impl_;
    std::unique_ptr<char[]> scratch_;
    std::thread thread_;
};

// A descriptor that a loop watches. Used on that loop only.
class Descriptor {
public:
    // Takes over the descriptor and closes it in the end. Throws, and has closed it, when the loop
    // cannot watch it.
    Descriptor(Loop&, int fd);
    ~Descriptor();
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    int fd() const { return fd_; }
    // At most one wait of each kind at a time. The waiter lives at least until it is told, or until
    // close().
    void wait_readable(std::shared_ptr<Waiter>);
    void wait_writable(std::shared_ptr<Waiter>);
    // Forgets the waits.
    void close();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
    int fd_;
};

// Keeps the signals of the process away from the calling thread: they are for main().
void block_signals_in_this_thread();

}  // namespace rook::net
