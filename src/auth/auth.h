// Who is this? Password checks and SASL, the same for every protocol.
//
// Owned by: server/wiring; one a process.
// Threads:  any. Where must_hash() says so, check() and Exchange::step() belong in a job of
// net::Lane::Hash. Nothing here tells whether an account exists, by reply or by time. RFC 4422,
// 4616 (PLAIN), draft-murchison-sasl-login (LOGIN), 5802 and 7677 (SCRAM-SHA-256).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "directory/directory.h"

namespace rook::auth {

struct Options {
    enum class Plaintext : std::uint8_t {
        Never,
        Loopback
    } plaintext = Plaintext::Never;  // credentials without TLS
    // SCRAM-SHA-256 checks app passwords; with this, it checks people's own passwords instead, and
    // a verifier of 600,000 iterations is kept of those too. Clients built on Cyrus SASL refuse
    // more than 65,536 iterations.
    bool scram_for_passwords = false;
    // List SCRAM-SHA-256 among the mechanisms. It works unlisted too. Listed, it is what many
    // clients try first, and it fails for whoever gives them a password that SCRAM does not check.
    bool advertise_scram = false;
    unsigned concurrent_hashes = 2;      // each takes 19 MiB
    unsigned failures_per_network = 10;  // a minute; then Busy for that network until it has passed
    unsigned failures_per_account = 30;  // a minute, from networks that never succeeded for it
    std::chrono::milliseconds failure_delay{
        1000};                        // how long a session should wait before it answers a failure
    std::chrono::seconds cache{300};  // how long a checked password is remembered (keyed hash)
    std::size_t cache_entries = 10'000;
};

// Where a login comes from.
struct Origin {
    directory::Protocol protocol;
    std::string network;  // net::Peer::network
    bool is_loopback = false;
    bool is_tls = false;
    bool hashes_full = false;  // net::Server::hash_lane_full(): refuse unhashed
};

struct Login {
    directory::AccountPtr account;
    std::uint32_t app_password = 0;  // 0: the human's password
};

class Authenticator {
public:
    static std::unique_ptr<Authenticator> make(directory::Directory&, const Clock&, Random&, Log&,
                                               Options);
    virtual ~Authenticator() = default;

    // Credentials may be sent over this connection now.
    virtual bool is_allowed(const Origin&) const = 0;
    const Options& options() const { return options_; }
    // How long a session should hold back its answer to a failed login, without a thread: after a
    // wrong password, and after Busy too, so that asking again and again is no way to fill the
    // queue or the log.
    std::chrono::milliseconds delay_of(const Error& e) const {
        const bool waits = e.why == Why::Denied || e.why == Why::Busy;
        return waits ? options_.failure_delay : std::chrono::milliseconds(0);
    }

    // User name and password as one. Denied (wrong, unknown, no such protocol for it: one sentence
    // for all), Insecure, Busy (hashes full, too many failures). Neither has waited for anything:
    // the session holds its answer back for delay_of().
    virtual Result<Login> check(const Origin&, std::string_view user,
                                std::string_view password) = 0;
    // Whether check() would hash now. False for what was right lately and for whom it refuses
    // unhashed: neither need wait behind other people's hashes. May read the store, so ask in a
    // job; counts and logs nothing. Somebody's change right behind it can make check() hash after
    // all.
    virtual bool must_hash(const Origin&, std::string_view user, std::string_view password) = 0;

    // What it was checked by still holds. To be asked when the session is known under its account
    // (net::Link::set_facts): a password that was changed just before that ended all sessions of
    // the account but this one, which must end now.
    virtual bool is_current(const Login&) = 0;

    // One SASL exchange. Server-first data is never sent by our mechanisms.
    class Exchange {
    public:
        virtual ~Exchange() = default;
        struct Challenge {
            std::string bytes;
        };  // send it, in base64, and feed the answer
        using Next = std::variant<Challenge, Login>;
        // `response`: decoded bytes; nullopt at the start when there is no initial response. Same
        // errors as check(). May hash. When SCRAM ends with a server-final message it is a
        // Challenge first, and the client's empty response brings the Login.
        virtual Result<Next> step(std::optional<std::string_view> response) = 0;
        // As Authenticator::must_hash(), of the step with that response.
        virtual bool must_hash(std::optional<std::string_view>) { return false; }
    };
    // "PLAIN", "LOGIN" and, by setting, "SCRAM-SHA-256", in the order to advertise on such a
    // connection (empty when nothing is allowed).
    virtual std::vector<std::string_view> mechanisms(const Origin&) const = 0;
    // Unsupported for an unknown name, Insecure when not allowed now. The name in any case.
    virtual Result<std::unique_ptr<Exchange>> start(const Origin&, std::string_view mechanism) = 0;

    // Sets the Argon2id string (and the SCRAM verifier where the setting says so). Ends other
    // sessions through the directory's watch.
    virtual Result<> set_password(AccountId, std::string_view password) = 0;
    virtual Result<std::string> hash_password(std::string_view password) = 0;  // for a new account
    // Makes a secret of 128 bits or more, and returns it: it is shown once.
    struct NewAppPassword {
        std::uint32_t id;
        std::string secret;
    };
    virtual Result<NewAppPassword> add_app_password(AccountId, std::string label,
                                                    directory::Protocols) = 0;
    virtual Result<> revoke_app_password(AccountId, std::uint32_t id) = 0;

protected:
    explicit Authenticator(Options options) : options_(std::move(options)) {}
    Options options_;
};

}  // namespace rook::auth
