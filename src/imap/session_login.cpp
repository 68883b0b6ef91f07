// How a session learns who its user is: LOGIN's and AUTHENTICATE's common end.
#include "base/base64.h"
#include "imap/session.h"

namespace rook::imap {

auth::Origin Session::origin() const {
    const auto& peer = link_.peer();
    return {.protocol = directory::Protocol::Imap,
            .network = peer.network,
            .is_loopback = peer.is_loopback,
            .is_tls = link_.is_tls(),
            .hashes_full = services_.hashes_full(peer.network)};
}

Result<> Session::start_exchange(std::unique_ptr<auth::Authenticator::Exchange> exchange,
                                 std::optional<std::string> initial) {
    exchange_ = std::move(exchange);
    return step_exchange(initial);
}

Result<> Session::step_exchange(std::optional<std::string_view> response) {
    mode_ = Mode::Command;
    auto next = exchange_->step(response);
    if (!next) {
        exchange_.reset();
        return log_in(std::unexpected(std::move(next).error()));
    }
    if (auto* challenge = std::get_if<auth::Authenticator::Exchange::Challenge>(&*next)) {
        mode_ = Mode::Exchange;
        reply_.raw("+ ").raw(base64_encode(challenge->bytes)).raw("\r\n");
        return {};
    }
    exchange_.reset();
    return log_in(std::get<auth::Login>(std::move(*next)));
}

void Session::continue_exchange(std::string_view line) {
    auto response = base64_decode(line);
    if (!response) {
        // RFC 9051 6.2.2: "*" and what cannot be decoded both get BAD.
        mode_ = Mode::Command;
        exchange_.reset();
        return finish(
            fail(Why::BadSyntax, line == "*" ? "Cancelled as you wish" : "That is not base64"));
    }
    const auto must_hash = [this, held = *response] { return exchange_->must_hash(held); };
    net::run_login(link_, must_hash, [this, held = *response] {
        const auto done = step_exchange(held);
        if (mode_ == Mode::Command) finish(done);
        flush();
        return net::Step::Done;
    });
}

Result<> Session::log_in(Result<auth::Login> login) {
    if (!login) {
        link_.hold(services_.authenticator.delay_of(login.error()));
        return std::unexpected(std::move(login).error());
    }
    account_ = TRY(services_.accounts.open(login->account->id));
    user_ = login->account;
    reader_.set_limits({services_.options.line_bytes, services_.options.command_bytes});
    link_.set_timeout(services_.options.idle_timeout);
    update_facts();
    if (!services_.authenticator.is_current(*login)) {
        link_.end("The account has changed; log in again");
    }
    set_code(capabilities());
    set_words("Logged in");
    return {};
}

void Session::set_client(std::string_view client) {
    client_ = client;
    update_facts();
}

void Session::update_facts() {
    net::SessionFacts facts;
    if (user_) {
        facts.user = user_->address;
        facts.account = user_->id;
    }
    facts.client = client_;
    if (mode_ == Mode::Idle) {
        facts.state = "idle";
    } else if (view_) {
        const auto box = account_->find(view_->mailbox());
        facts.state = "selected " + (box ? box->name : std::string("what is gone"));
    } else {
        facts.state = account_ ? "logged in" : "not logged in";
    }
    link_.set_facts(std::move(facts));
}

}  // namespace rook::imap
