// One SMTP session, as LMTP (RFC 2033) or message submission (RFC 6409): reads command lines and
// messages, keeps the state between them.
//
// Owned by: net/. Threads: one at a time (net/session.h). What touches the disk runs in jobs;
// what must be hashed in jobs of the Hash lane. In DATA bytes are unstuffed on the loop and handed
// to a job in pieces of 64 KB; while it runs no more are taken, which is the back-pressure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/auth.h"
#include "net/session.h"
#include "smtp/receive/command.h"
#include "smtp/receive/receiving.h"
#include "smtp/reply_code.h"
#include "smtp/smtp.h"

namespace rook::smtp {

// What MAIL and RCPT have said.
struct Transaction {
    std::string sender;  // without <>; empty for <>
    bool is_utf8 = false;
    std::uint64_t size = 0;  // as announced; 0: not
    std::vector<mailbox::Delivery::Recipient> recipients;
};

class Session final : public net::Session {
public:
    Session(const Services& services, Kind kind, net::Link& link)
        : services_(services), kind_(kind), link_(link) {}

    void start() override;
    std::size_t feed(std::string_view input) override;
    void tls_started() override;
    void timed_out() override;
    void ending(std::string_view reason) override;
    void broken() override;
    void closed() override;
    std::string_view protocol() const override {
        return kind_ == Kind::Lmtp ? "lmtp" : "submission";
    }
    std::string summary() const override;

    // For commands.
    net::Link& link() { return link_; }
    const Services& services() const { return services_; }
    Kind kind() const { return kind_; }
    std::uint64_t max_message_bytes() const {
        return mailbox::deliverable_bytes(services_.accounts.limits());
    }

    void reply(Code code, std::string_view text) { link_.write(reply_line(code, text)); }
    // A refusal that counts towards the limit of bad commands.
    void bad_command(Code code, std::string_view text);
    void error(const Error& e) { reply(reply_code(e.why, kind_), e.said); }
    void log_error(const Error&);

    // Also ends the transaction (RFC 5321 4.1.4).
    void set_hello(std::string_view name);
    const std::optional<auth::Login>& login() const { return login_; }
    auth::Origin origin() const;
    // Starts a SASL exchange; `initial` in base64, as on the line.
    void authenticate(std::string_view mechanism, std::optional<std::string_view> initial);

    std::optional<Transaction>& transaction() { return transaction_; }
    // An address that is nobody's was tried. Who tries many has to wait for the answers.
    void count_unknown_recipient();
    // The rest of the input up to CRLF.CRLF is the message.
    void begin_data();
    void quit();

private:
    void run_line(std::string_view line);
    std::size_t run_in_job(std::string_view input);
    const CommandSpec* command_of(std::string_view line) const;
    bool is_ready_for(const CommandSpec&);
    void continue_exchange(std::string_view line);
    void step_exchange(const std::optional<std::string>& response);
    void login_failed(const Error&);
    std::size_t feed_data(std::string_view input);
    void store_piece();

    const Services& services_;
    const Kind kind_;
    net::Link& link_;
    std::optional<std::string> hello_;
    std::optional<auth::Login> login_;
    std::unique_ptr<auth::Authenticator::Exchange> exchange_;
    std::optional<Transaction> transaction_;
    std::unique_ptr<Receiving> receiving_;  // between DATA and its reply
    bool closing_ = false;
    unsigned bad_in_a_row_ = 0, unknown_recipients_ = 0;
    std::uint64_t messages_ = 0, stored_ = 0, refused_ = 0;
};

}  // namespace rook::smtp
