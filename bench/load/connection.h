// A blocking client connection to a server on this machine, in clear or in TLS.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

typedef struct ssl_st SSL;
typedef struct ssl_session_st SSL_SESSION;

namespace rook::bench {

// The last TLS session of one client, to resume.
struct Ticket {
    Ticket() = default;
    Ticket(const Ticket&) = delete;
    ~Ticket();
    SSL_SESSION* session = nullptr;
    bool wanted = false;  // Whether to ask for resumption at all.
};

class Connection {
public:
    enum class Security { Plain, Tls };

    // Throws std::runtime_error when it cannot connect. The server's certificate is not verified:
    // what is measured is the handshake, and that is the same.
    Connection(int port, Security security, Ticket* ticket = nullptr);
    ~Connection();
    Connection(const Connection&) = delete;

    void send(std::string_view bytes);

    // The next line without its end. Valid until the next call. Throws when the server closes.
    std::string_view line();
    // Passes over the next `n` bytes, as fast as the socket gives them.
    void skip(std::uint64_t n);
    // SMTP, LMTP: reads the lines of one reply ("250-..."), whose code must be this.
    void expect(std::string_view code);

    // Ends it from another thread: whoever reads gets the exception.
    void hang_up();
    std::uint64_t received() const { return received_; }
    bool resumed() const;

private:
    void handshake(Ticket* ticket);
    void fill();

    int fd_;
    SSL* ssl_ = nullptr;
    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;
    std::uint64_t received_ = 0;
};

}  // namespace rook::bench
