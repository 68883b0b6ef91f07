// The server's certificate and what is said in a handshake. OpenSSL works on the descriptor itself:
// buffers are OpenSSL's and are given back whenever they are empty, which makes an idle TLS
// connection cheap.
//
// TLS 1.2 is the oldest spoken, with forward secrecy and AEAD ciphers only; no renegotiation;
// tickets, no session cache. Threads: TlsContext any; TlsSession one at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct ssl_st;
struct ssl_ctx_st;

namespace rook::net {

enum class Io : std::uint8_t { Done, WantRead, WantWrite, Eof, Failed };
struct IoResult {
    Io io = Io::Done;
    std::size_t bytes = 0;
};

class TlsContext {
public:
    // NotFound, Denied or BadSyntax, naming the file.
    static Result<std::unique_ptr<TlsContext>> load(const std::string& certificate_file,
                                                    const std::string& key_file);
    ~TlsContext();

private:
    friend class TlsSession;
    explicit TlsContext(ssl_ctx_st* context) : context_(context) {}
    ssl_ctx_st* context_;
};

// One connection's TLS. Lives on when its context is replaced.
class TlsSession {
public:
    // A ticket made for one `service` ("imap") is worth nothing at another.
    TlsSession(const TlsContext&, int fd, std::string_view service);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    IoResult handshake();
    IoResult read(char* to, std::size_t room);
    IoResult write(std::string_view bytes);
    // Bytes have come that no read() has returned.
    bool has_buffered() const;
    void say_goodbye();
    // Why something was Failed.
    const std::string& error() const { return error_; }

private:
    IoResult failed(int result);
    ssl_st* ssl_;
    std::string error_;
};

}  // namespace rook::net
