// How a session gets its maildrop: USER and PASS (RFC 1939 7), AUTH (RFC 5034).
#include <fmt/core.h>

#include "base/base64.h"
#include "pop3/reply.h"
#include "pop3/session.h"

namespace rook::pop3 {

namespace {

constexpr std::string_view kNotBase64 = "That is not base64";

}  // namespace

auth::Origin Session::origin() const {
    const auto& peer = link_.peer();
    return {.protocol = directory::Protocol::Pop3,
            .network = peer.network,
            .is_loopback = peer.is_loopback,
            .is_tls = link_.is_tls(),
            .hashes_full = services_.hashes_full(peer.network)};
}

void Session::log_in(std::string password) {
    const auto user = *std::exchange(user_, {});
    net::run_login(
        link_,
        [this, user, password] {
            return services_.authenticator.must_hash(origin(), user, password);
        },
        [this, user, password] {
            login_checked(services_.authenticator.check(origin(), user, password));
            return net::Step::Done;
        });
}

void Session::authenticate(std::string_view mechanism, std::optional<std::string_view> initial) {
    auto exchange = services_.authenticator.start(origin(), mechanism);
    if (!exchange) return error(exchange.error());
    std::optional<std::string> response;
    if (initial) {
        // RFC 5034 4: "=" is a response of no bytes.
        response = *initial == "=" ? std::string() : base64_decode(*initial);
        if (!response) return error(Why::BadSyntax, kNotBase64);
    }
    exchange_ = std::move(*exchange);
    step_exchange(response);
}

void Session::continue_exchange(std::string_view line) {
    auto response = base64_decode(line);
    if (response) return step_exchange(response);
    exchange_.reset();
    error(Why::BadSyntax, line == "*" ? "Cancelled, as you wish" : kNotBase64);
}

void Session::step_exchange(const std::optional<std::string>& response) {
    const auto must_hash = [this, response] { return exchange_->must_hash(response); };
    net::run_login(link_, must_hash, [this, response] {
        auto next = exchange_->step(response);
        if (next && std::holds_alternative<auth::Authenticator::Exchange::Challenge>(*next)) {
            const auto& bytes = std::get<auth::Authenticator::Exchange::Challenge>(*next).bytes;
            link_.write(fmt::format("+ {}\r\n", base64_encode(bytes)));
            return net::Step::Done;
        }
        exchange_.reset();
        if (next) {
            login_checked(std::get<auth::Login>(std::move(*next)));
        } else {
            login_checked(std::unexpected(std::move(next).error()));
        }
        return net::Step::Done;
    });
}

// In the job that checked.
void Session::login_checked(Result<auth::Login> login) {
    if (!login) {
        link_.hold(services_.authenticator.delay_of(login.error()));
        return error(login.error());
    }
    link_.run(net::Lane::Short, [this, login = std::move(*login)] {
        open_maildrop(login);
        return net::Step::Done;
    });
}

void Session::open_maildrop(const auth::Login& login) {
    auto account = services_.accounts.open(login.account->id);
    if (!account) return error(account.error());
    auto drop = Maildrop::open(std::move(*account));
    if (!drop && drop.error().why == Why::Busy) {
        link_.write(error_line(kInUse, "Another session has the maildrop"));
        return;
    }
    if (!drop) return error(drop.error());
    maildrop_ = std::move(*drop);
    link_.set_timeout(services_.options.idle_timeout);
    link_.set_facts({.user = login.account->address,
                     .account = login.account->id,
                     .client = {},
                     .state = fmt::format("{} messages", maildrop_->messages())});
    if (!services_.authenticator.is_current(login))
        link_.end("The account has changed; log in again");
    ok(fmt::format("{} messages ({} octets)", maildrop_->messages(), maildrop_->left_bytes()));
}

}  // namespace rook::pop3
