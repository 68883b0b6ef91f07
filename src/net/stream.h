// Bytes to and from one descriptor, plain or TLS, without ever waiting.
//
// Owned by: a connection. Borrows the descriptor.
// Threads:  one at a time.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/output.h"
#include "net/tls.h"

namespace rook::net {

class Stream {
public:
    explicit Stream(int fd) : fd_(fd) {}

    bool is_tls() const { return tls_ != nullptr; }
    void begin_tls(const TlsContext& context, std::string_view service) {
        tls_ = std::make_unique<TlsSession>(context, fd_, service);
    }
    IoResult handshake() { return tls_->handshake(); }
    IoResult read(char* to, std::size_t room);
    // Sends from the front of `output` and takes away what was sent: Done when it is empty, else
    // why not. `bytes` is how many were sent, whatever the outcome.
    IoResult write(Output& output);
    // read() will give something without waiting for the descriptor.
    bool has_buffered() const { return tls_ && (after_bytes_ || tls_->has_buffered()); }
    // Reads and forgets what has already come. False when it is more than anybody sends by mistake.
    bool discard_input();
    // Acknowledges at once what has come, of a TCP peer.
    void acknowledge();
    // No more will be written.
    void say_goodbye();
    // Why something was Failed.
    std::string error() const { return tls_ && !tls_->error().empty() ? tls_->error() : error_; }

private:
    IoResult failed();
    int fd_;
    std::unique_ptr<TlsSession> tls_;
    std::optional<Io> after_bytes_;  // how the peer's bytes ended, behind those that read() gave
    std::string error_;
};

}  // namespace rook::net
