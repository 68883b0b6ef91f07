#include "net/loop.h"

#include <unistd.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <utility>

namespace rook::net {

namespace asio = boost::asio;
using Error = boost::system::error_code;

struct Loop::Impl {
    asio::io_context context{1};  // one thread runs it
    asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
    asio::steady_timer ticker{context};
    std::function<void()> tick;

    void tick_again() {
        ticker.expires_after(kTickEvery);
        ticker.async_wait([this](const Error& error) {
            if (error) return;
            tick();
            tick_again();
        });
    }
};

void block_signals_in_this_thread() {
    sigset_t all;
    sigfillset(&all);
    for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&all, fault);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

Loop::Loop() : impl_(std::make_unique<Impl>()), scratch_(new char[kMaxInput]) {}
Loop::~Loop() { stop(); }

void Loop::start(std::function<void()> tick) {
    impl_->tick = std::move(tick);
    impl_->tick_again();
    thread_ = std::thread([this] {
        block_signals_in_this_thread();
        pthread_setname_np(pthread_self(), "rook-loop");
        for (;;) {
            try {
                impl_->context.run();
                return;
            } catch (...) {
                // Whoever threw lost its turn; the loop serves the others.
            }
        }
    });
}

void Loop::stop() {
    if (!thread_.joinable()) return;
    post([this] { impl_->context.stop(); });
    thread_.join();
}

void Loop::post(std::move_only_function<void()> call) {
    asio::post(impl_->context, std::move(call));
}

void Loop::after(std::chrono::milliseconds time, std::move_only_function<void()> call) {
    auto timer = std::make_unique<asio::steady_timer>(impl_->context, time);
    auto& t = *timer;
    t.async_wait([timer = std::move(timer), call = std::move(call)](const Error& error) mutable {
        if (!error) call();
    });
}

struct Descriptor::Impl {
    asio::posix::stream_descriptor descriptor;
};

Descriptor::Descriptor(Loop& loop, int fd) : fd_(fd) {
    try {
        impl_.reset(new Impl{asio::posix::stream_descriptor(loop.impl_->context)});
        impl_->descriptor.assign(fd);
    } catch (...) {
        ::close(fd);
        throw;
    }
}

Descriptor::~Descriptor() = default;

void Descriptor::wait_readable(std::shared_ptr<Waiter> waiter) {
    impl_->descriptor.async_wait(asio::posix::descriptor_base::wait_read,
                                 [waiter = std::move(waiter)](const Error& error) {
                                     if (error != asio::error::operation_aborted)
                                         waiter->readable();
                                 });
}

void Descriptor::wait_writable(std::shared_ptr<Waiter> waiter) {
    impl_->descriptor.async_wait(asio::posix::descriptor_base::wait_write,
                                 [waiter = std::move(waiter)](const Error& error) {
                                     if (error != asio::error::operation_aborted)
                                         waiter->writable();
                                 });
}

void Descriptor::close() {
    Error ignored;
    impl_->descriptor.close(ignored);
    fd_ = -1;
}

}  // namespace rook::net
