// One POP3 session (RFC 1939): reads command lines, runs them, keeps what they leave.
//
// Owned by: net/. Threads: one at a time (net/session.h). What touches the disk runs in jobs;
// what must be hashed in jobs of the Hash lane.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/auth.h"
#include "net/session.h"
#include "pop3/command.h"
#include "pop3/maildrop.h"
#include "pop3/pop3.h"

namespace rook::pop3 {

class Session final : public net::Session {
public:
    Session(const Services& services, net::Link& link) : services_(services), link_(link) {}

    void start() override;
    std::size_t feed(std::string_view input) override;
    void tls_started() override;
    void timed_out() override {}  // RFC 1939 3: closes without a word
    void ending(std::string_view reason) override;
    void broken() override;
    void closed() override;
    std::string_view protocol() const override { return "pop3"; }
    std::string summary() const override;

    // For commands.
    net::Link& link() { return link_; }
    const Services& services() const { return services_; }
    State state() const { return maildrop_ ? kTransaction : kAuthorization; }
    Maildrop& maildrop() { return *maildrop_; }

    void ok(std::string_view text);
    void error(const Error& e);
    void error(Why why, std::string_view said) { error(Error{why, std::string(said), {}, {}}); }
    // A message number out of the arguments: one that is there and not marked as deleted. Otherwise
    // answers, and is nullopt.
    std::optional<std::uint32_t> message_number(std::string_view arg);
    // Writes a line for each message that is not marked, in steps, and the end of the answer.
    using WriteLine = void (*)(const Maildrop&, std::uint32_t number, std::string& out);
    void list_messages(WriteLine);
    // Answers with the message, in steps: its header and so many lines, or all of it.
    void send_message(std::uint32_t number, std::optional<std::uint64_t> lines);

    auth::Origin origin() const;
    bool may_log_in() const { return services_.authenticator.is_allowed(origin()); }
    const std::optional<std::string>& user() const { return user_; }
    void set_user(std::string_view user) { user_ = user; }
    void log_in(std::string password);
    // Starts a SASL exchange; `initial` in base64, as on the line.
    void authenticate(std::string_view mechanism, std::optional<std::string_view> initial);
    // Commits the deletions, answers and closes.
    void quit();

private:
    void run_line(std::string_view line);
    void bad_command(Why, std::string_view said);
    void log_error(const Error&);
    net::Step message_broke(const Error&, bool can_still_say_so);
    void continue_exchange(std::string_view line);
    void step_exchange(const std::optional<std::string>& response);
    void login_checked(Result<auth::Login> login);
    void open_maildrop(const auth::Login& login);

    const Services& services_;
    net::Link& link_;
    std::optional<std::string> user_;
    std::unique_ptr<auth::Authenticator::Exchange> exchange_;
    std::optional<Maildrop> maildrop_;
    unsigned bad_in_a_row_ = 0;
    std::uint64_t retrieved_ = 0, topped_ = 0, deleted_ = 0, octets_sent_ = 0;
};

}  // namespace rook::pop3
