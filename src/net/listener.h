// Opens a port or a Unix socket and accepts what comes, without ever spinning: when descriptors run
// out it makes room by ending the oldest connection that has not logged in, and waits a tenth of a
// second.
//
// Owned by: the server. Shared by it and by the wait of its loop.
// Threads:  listen() any; the rest on its loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "net/address.h"
#include "net/loop.h"
#include "net/server.h"

namespace rook::net {

class Listener final : public Waiter, public std::enable_shared_from_this<Listener> {
public:
    // Takes over the descriptor of one accepted connection.
    using Accepted = std::function<void(int fd, Peer)>;
    // Called when no descriptor is left for another connection.
    using OutOfDescriptors = std::function<void()>;

    // Opened and listening, but accepting only after begin(). Busy, Denied, NotFound or BadSyntax
    // with a plain sentence.
    static Result<std::shared_ptr<Listener>> open(const Endpoint&, Loop&, Log&, Accepted,
                                                  OutOfDescriptors);
    ~Listener() override;
    std::uint16_t port() const { return port_; }
    void begin();
    void close();
    Loop& loop() { return loop_; }

    void readable() override;
    void writable() override {}

private:
    Listener(int fd, Address, Loop&, Log&, Accepted, OutOfDescriptors);
    void back_off(int error);

    Descriptor descriptor_;
    const Address address_;
    std::uint16_t port_ = 0;
    Loop& loop_;
    Log& log_;
    Accepted accepted_;
    OutOfDescriptors out_of_descriptors_;
    std::uint64_t back_offs_ = 0;
    bool closed_ = false;
};

}  // namespace rook::net
