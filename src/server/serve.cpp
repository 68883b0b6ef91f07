#include "server/serve.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "admin/exit_code.h"
#include "server/config.h"
#include "server/confine.h"
#include "server/heap.h"
#include "server/notify.h"
#include "server/version.h"
#include "server/wiring.h"

namespace rook::server {
namespace {

int give_up(const Error& error, int code) {
    fmt::print(stderr, "rookery: {}{}{}\n", error.said, error.detail.empty() ? "" : ": ",
               error.detail);
    return code;
}

// The verbs' exit codes, but that what cannot be opened is here what the configuration names.
int start_code(Why why) {
    if (why == Why::BadSyntax || why == Why::NotFound) return EX_CONFIG;
    return why == Why::Cannot ? EX_CANTCREAT : admin::exit_code(why);
}

constexpr auto kTidyEvery = std::chrono::seconds(10);

// Waits for the signals that serve() has blocked, tidies in between, and returns when it is time to
// end.
void wait_for_the_end(Wiring& wiring, const sigset_t& signals) {
    timespec patience{std::chrono::seconds(kTidyEvery).count(), 0};
    for (;;) {
        int signal = sigtimedwait(&signals, nullptr, &patience);
        if (signal == SIGHUP) {
            notify_reloading();
            wiring.reload();
            notify_service_manager("READY=1");
        } else if (signal == SIGTERM || signal == SIGINT) {
            return;
        } else if (signal < 0) {
            wiring.tidy();
            give_memory_back();
        }
    }
}

// A command that opened the store itself, because no server ran, may have it for a moment more.
Result<std::unique_ptr<Wiring>> open_soon(const Config& config) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    for (;;) {
        auto wiring = Wiring::open(config);
        if (wiring || wiring.error().why != Why::Busy || std::chrono::steady_clock::now() > end) {
            return wiring;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
}

}  // namespace

int serve(const std::string& config_file) {
    share_heaps();
    // Before any thread starts: all of them inherit the mask, and only this one waits.
    sigset_t signals;
    sigemptyset(&signals);
    for (int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);

    auto config = load_config(config_file);
    if (!config) return give_up(config.error(), EX_CONFIG);
    const auto bound = net::bind_privileged(config->listen.all());
    if (!bound) return give_up(bound.error(), start_code(bound.error().why));
    const auto confined = confine(*config);
    if (!confined) return give_up(confined.error(), start_code(confined.error().why));
    auto wiring = open_soon(*config);
    if (!wiring) return give_up(wiring.error(), start_code(wiring.error().why));
    auto& log = (*wiring)->log();
    confined->log_to(log);
    if (auto done = (*wiring)->listen(*bound); !done) {
        (*wiring)->stop();
        return give_up(done.error(), start_code(done.error().why));
    }
    log.info("started", {{"version", kVersion}, {"data", config->data}, {"pid", getpid()}});
    notify_service_manager("READY=1");
    wait_for_the_end(**wiring, signals);
    notify_service_manager("STOPPING=1");
    (*wiring)->stop();
    log.info("stopped", {});
    return EX_OK;
}

}  // namespace rook::server
