// TLS from the handshake to the end, with OpenSSL as the client; and the certificates of
// self_signed.h.
#include "net/tls.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/stat.h>

#include <random>

#include "net/self_signed.h"
#include "net/toy_testing.h"

namespace rook::net {
namespace {

const std::vector<std::string> kHosts = {"localhost", "127.0.0.1", "::1"};

struct Certificates : TempDir {
    Certificates() { EXPECT_TRUE(write_demo_ca_and_certificate(path, kHosts)); }
    std::string certificate() const { return path + "/cert.pem"; }
    std::string key() const { return path + "/key.pem"; }
    std::string ca() const { return path + "/ca.pem"; }
};

// A client that verifies the server. Takes a connected descriptor over.
class TlsClient {
public:
    TlsClient(int fd, const std::string& ca, int most = 0, SSL_SESSION* resume = nullptr,
              const char* host = "127.0.0.1") {
        context_ = SSL_CTX_new(TLS_client_method());
        SSL_CTX_load_verify_locations(context_, ca.c_str(), nullptr);
        SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
        if (most) {
            SSL_CTX_set_min_proto_version(context_, TLS1_VERSION);
            SSL_CTX_set_max_proto_version(context_, most);
            SSL_CTX_set_cipher_list(context_, "ALL:@SECLEVEL=0");
        }
        ssl_ = SSL_new(context_);
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), host);
        SSL_set_fd(ssl_, fd);
        if (resume) SSL_set_session(ssl_, resume);
        connected = SSL_connect(ssl_) == 1;
        ERR_clear_error();
    }
    ~TlsClient() {
        SSL_free(ssl_);
        SSL_CTX_free(context_);
    }
    void send(const std::string& bytes) {
        EXPECT_EQ(SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())),
                  static_cast<int>(bytes.size()));
    }
    void try_send(const std::string& bytes) {
        if (connected) SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
        ERR_clear_error();
    }
    std::string line() {
        std::string text;
        char c = 0;
        for (;;) {
            if (SSL_read(ssl_, &c, 1) != 1) return "EOF";
            if (c == '\n') return text;
            text += c;
        }
    }
    std::size_t skip(std::size_t n) {
        std::string buffer(65536, 0);
        std::size_t seen = 0;
        while (seen < n) {
            const auto got =
                SSL_read(ssl_, buffer.data(), static_cast<int>(std::min(n - seen, buffer.size())));
            if (got <= 0) break;
            seen += static_cast<std::size_t>(got);
        }
        return seen;
    }
    std::string ask(const std::string& text) {
        send(text + "\n");
        return line();
    }
    bool is_resumed() const { return SSL_session_reused(ssl_) == 1; }
    SSL_SESSION* session() { return SSL_get1_session(ssl_); }
    std::string version() const { return SSL_get_version(ssl_); }
    void say_goodbye() { SSL_shutdown(ssl_); }
    bool connected = false;

private:
    SSL_CTX* context_;
    SSL* ssl_;
};

TEST(Tls, SpeaksTwelveAndThirteenAndNothingOlder) {
    Certificates certificates;
    ToyServer toy;
    ASSERT_TRUE(toy.server->load_tls(certificates.certificate(), certificates.key()));
    const auto port = toy.listen(Tls::Implicit);
    struct Row {
        int most;
        bool connects;
        std::string version;
    };
    for (const auto& row : {Row{TLS1_1_VERSION, false, ""}, Row{TLS1_2_VERSION, true, "TLSv1.2"},
                            Row{TLS1_3_VERSION, true, "TLSv1.3"}}) {
        Client socket(port);
        TlsClient client(socket.fd(), certificates.ca(), row.most);
        ASSERT_EQ(client.connected, row.connects) << row.most;
        if (!row.connects) continue;
        EXPECT_EQ(client.version(), row.version);
        EXPECT_EQ(client.line(), "hello tls");
        EXPECT_EQ(client.ask("job x"), "did x");
        client.send("a\nb\njob c\nquit\n");
        for (const char* want : {"<a>", "<b>", "did c", "bye", "EOF"})
            EXPECT_EQ(client.line(), want);
    }
    EXPECT_TRUE(soon([&] { return toy.world.alive == 0; }));
    EXPECT_EQ(toy.log.count("tls=yes"), 2u);
    EXPECT_EQ(toy.log.count("tls=no"), 1u);
}

TEST(Tls, BigAnswersAndBigInput) {
    Certificates certificates;
    ToyServer toy;
    ASSERT_TRUE(toy.server->load_tls(certificates.certificate(), certificates.key()));
    Client socket(toy.listen(Tls::Implicit));
    TlsClient client(socket.fd(), certificates.ca());
    client.line();
    constexpr std::size_t kBig = 50 * 1000 * 1000;
    client.send("big " + std::to_string(kBig) + "\n");
    ::usleep(100'000);  // let the kernel's buffers fill, so that writes are cut short
    EXPECT_EQ(client.skip(kBig), kBig);
    const std::string line(kMaxInput - 1, 'x');
    EXPECT_EQ(client.ask(line), "<" + line + ">");
    // Many records at once, behind a job: what TLS has read already must not be forgotten.
    std::string many = "job 1\n";
    for (int i = 0; i < 2000; ++i) many += "job " + std::string(60, 'y') + "\n";
    client.send(many);
    EXPECT_EQ(client.line(), "did 1");
    for (int i = 0; i < 2000; ++i) ASSERT_EQ(client.line(), "did " + std::string(60, 'y'));
}

TEST(Tls, GoodbyeBehindDataIsSeen) {
    Certificates certificates;
    ToyServer toy;
    ASSERT_TRUE(toy.server->load_tls(certificates.certificate(), certificates.key()));
    Client socket(toy.listen(Tls::Implicit));
    TlsClient client(socket.fd(), certificates.ca());
    client.line();
    client.send("last\n");
    client.say_goodbye();  // but the socket stays open
    EXPECT_EQ(client.line(), "<last>");
    EXPECT_EQ(client.line(), "EOF");
    EXPECT_TRUE(soon([&] { return toy.world.alive == 0; }));
}

TEST(Tls, TicketsResumeAtTheSameServiceOnly) {
    Certificates certificates;
    ToyServer toy;
    ASSERT_TRUE(toy.server->load_tls(certificates.certificate(), certificates.key()));
    const auto imap = toy.listen(Tls::Implicit, "127.0.0.1:0", "imap");
    const auto pop3 = toy.listen(Tls::Implicit, "127.0.0.1:0", "pop3");
    for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        Client socket(imap);
        TlsClient first(socket.fd(), certificates.ca(), version);
        first.line();
        first.ask("x");
        SSL_SESSION* ticket = first.session();
        for (const auto& [port, resumes] : {std::pair(imap, true), std::pair(pop3, false)}) {
            Client again(port);
            TlsClient second(again.fd(), certificates.ca(), version, ticket);
            ASSERT_TRUE(second.connected);
            EXPECT_EQ(second.is_resumed(), resumes);
            EXPECT_EQ(second.ask("x"), "hello tls");
        }
        SSL_SESSION_free(ticket);
    }
}

TEST(Tls, StartTlsForgetsWhatWasSentBefore) {
    Certificates certificates;
    ToyServer toy;
    ASSERT_TRUE(toy.server->load_tls(certificates.certificate(), certificates.key()));
    const auto port = toy.listen(Tls::StartTls);
    // In the same segment, and split at every byte of the command.
    const std::string text = "tls\njob injected\ninject";
    for (std::size_t split = 0; split <= 4; ++split) {
        Client socket(port);
        EXPECT_EQ(socket.line(), "hello");
        if (split > 0) socket.send(text.substr(0, split));
        if (split > 0 && split < 4) ::usleep(2000);
        if (split < 4) socket.send(text.substr(split));
        EXPECT_EQ(socket.line(), "go");
        TlsClient client(socket.fd(), certificates.ca());
        ASSERT_TRUE(client.connected) << split;
        EXPECT_EQ(client.line(), "tls on");
        EXPECT_EQ(client.ask("ed"), "<ed>");
        EXPECT_EQ(client.ask("tls"), "no tls");
    }
    // In a segment behind it: either forgotten, or the handshake fails. Never executed.
    Client socket(port);
    socket.line();
    socket.send("tls\n");
    EXPECT_EQ(socket.line(), "go");
    socket.send("job injected\n");
    EXPECT_EQ(socket.line().find("injected"), std::string::npos);
    EXPECT_TRUE(soon([&] { return toy.log.count("TLS: ") > 0; }));
}

TEST(Tls, ASilentHandshakeEnds) {
    Certificates certificates;
    MovedClock clock;
    ToyServer toy(Limits{.handshake = std::chrono::seconds(30)}, clock);
    ASSERT_TRUE(toy.server->load_tls(certificates.certificate(), certificates.key()));
    Client silent(toy.listen(Tls::Implicit));
    ASSERT_TRUE(soon([&] { return toy.server->sessions().size() == 1; }));
    ::usleep(100'000);
    clock.advance(std::chrono::seconds(29));
    ::usleep(600'000);
    EXPECT_EQ(toy.server->sessions().size(), 1u);
    clock.advance(std::chrono::seconds(2));
    EXPECT_EQ(silent.line(), "EOF");
    EXPECT_EQ(toy.world.alive, 0);
    EXPECT_NE(toy.log.wait_for("session-end").find("too long"), std::string::npos);
}

TEST(Tls, ReloadServesTheNewCertificateAndABadOneChangesNothing) {
    Certificates old_ones, new_ones;
    ToyServer toy;
    auto missing =
        toy.server->listen({.address = "127.0.0.1:0", .tls = Tls::Implicit}, toy.factory());
    ASSERT_FALSE(missing);
    ASSERT_TRUE(toy.server->load_tls(old_ones.certificate(), old_ones.key()));
    const auto port = toy.listen(Tls::Implicit);
    Client before(port);
    TlsClient open(before.fd(), old_ones.ca());
    EXPECT_EQ(open.line(), "hello tls");

    auto mismatch = toy.server->load_tls(new_ones.certificate(), old_ones.key());
    ASSERT_FALSE(mismatch);
    EXPECT_NE(mismatch.error().said.find(old_ones.key()), std::string::npos);
    auto nowhere = toy.server->load_tls("/nonexistent.pem", old_ones.key());
    ASSERT_FALSE(nowhere);
    EXPECT_EQ(nowhere.error().why, Why::NotFound);
    EXPECT_EQ(nowhere.error().said,
              "Cannot load the certificate from /nonexistent.pem: No such file or directory");
    auto garbage = toy.server->load_tls(old_ones.certificate(), old_ones.certificate());
    EXPECT_FALSE(garbage);
    {
        Client socket(port);
        EXPECT_TRUE(TlsClient(socket.fd(), old_ones.ca()).connected);
    }
    ASSERT_TRUE(toy.server->load_tls(new_ones.certificate(), new_ones.key()));
    Client socket(port);
    EXPECT_TRUE(TlsClient(socket.fd(), new_ones.ca()).connected);
    EXPECT_EQ(open.ask("still"), "<still>");
}

// Peers that come, work, switch to TLS and vanish at any moment, while they are woken and kicked.
TEST(Tls, NothingIsLostOrLeftInChaos) {
    Certificates certificates;
    ToyServer toy(Limits{.short_workers = 4, .connections_per_network = 1000});
    ASSERT_TRUE(toy.server->load_tls(certificates.certificate(), certificates.key()));
    const auto plain = toy.listen(Tls::StartTls), implicit = toy.listen(Tls::Implicit);
    const std::vector<std::string> acts = {
        "job x\n", "hash y\n",      "scan z\n",  "big 3000000\n", "throw\n",   "jobthrow\n",
        "quit\n",  "hold 300\nq\n", "tls\njunk", "login me\n",    "half a li", "flood 200000\n"};
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    for (unsigned t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            std::mt19937 random(t);
            for (int i = 0; i < 150; ++i) {
                const bool is_tls = random() % 3 == 0;
                Client socket(is_tls ? implicit : plain);
                std::optional<TlsClient> tls;
                if (is_tls) tls.emplace(socket.fd(), certificates.ca());
                for (auto n = random() % 5; n > 0; --n) {
                    const auto& act = acts[random() % acts.size()];
                    if (tls) {
                        tls->try_send(act);
                    } else {
                        socket.send(act);
                    }
                    if (random() % 3 == 0) ::usleep(random() % 2000);
                }
                if (random() % 2) {  // a reset, not a farewell
                    const linger hard{.l_onoff = 1, .l_linger = 0};
                    ::setsockopt(socket.fd(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
                }
            }
        });
    }
    std::thread meddler([&] {
        for (unsigned i = 0; !stop; ++i) {
            {
                std::lock_guard lock(toy.world.mutex);
                for (auto* link : toy.world.links) link->wake();
            }
            toy.server->end_sessions(
                [&](const SessionInfo& info) { return info.id % 16 == i % 16; }, "kicked");
            ::usleep(1000);
        }
    });
    for (auto& thread : threads) thread.join();
    stop = true;
    meddler.join();
    EXPECT_TRUE(soon([&] { return toy.server->sessions().empty() && toy.world.alive == 0; }));
    EXPECT_EQ(toy.world.closed, toy.world.made);
    EXPECT_GT(toy.world.made, 300);
    Client after(plain);
    EXPECT_EQ(after.line(), "hello");
    EXPECT_EQ(after.ask("job x"), "did x");
}

TEST(SelfSigned, WritesWhatAClientAcceptsForTheHostsOnly) {
    Certificates certificates;
    struct stat info{};
    ASSERT_EQ(::stat(certificates.key().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    ToyServer toy;
    ASSERT_TRUE(toy.server->load_tls(certificates.certificate(), certificates.key()));
    const auto port = toy.listen(Tls::Implicit);
    for (const auto& [host, accepted] :
         {std::pair("127.0.0.1", true), std::pair("::1", true), std::pair("192.0.2.1", false)}) {
        Client socket(port);
        EXPECT_EQ(TlsClient(socket.fd(), certificates.ca(), 0, nullptr, host).connected, accepted);
    }
    EXPECT_FALSE(write_demo_ca_and_certificate("/nonexistent", kHosts));
    EXPECT_FALSE(
        write_demo_ca_and_certificate(certificates.path, std::vector<std::string>{"a,IP:1.2.3.4"}));
}

}  // namespace
}  // namespace rook::net
