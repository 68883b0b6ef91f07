// AUTH (RFC 4954): the SASL exchange of a submission session.
#include <fmt/core.h>

#include "base/base64.h"
#include "smtp/receive/session.h"

namespace rook::smtp {

namespace {

constexpr Code kBadBase64{501, "5.5.2"};

}  // namespace

auth::Origin Session::origin() const {
    const auto& peer = link_.peer();
    return {.protocol = directory::Protocol::Submission,
            .network = peer.network,
            .is_loopback = peer.is_loopback,
            .is_tls = link_.is_tls(),
            .hashes_full = services_.hashes_full(peer.network)};
}

void Session::authenticate(std::string_view mechanism, std::optional<std::string_view> initial) {
    auto exchange = services_.authenticator.start(origin(), mechanism);
    if (!exchange) return error(exchange.error());
    std::optional<std::string> response;
    if (initial) {
        // RFC 4954 4: "=" is a response of no bytes.
        response = *initial == "=" ? std::string() : base64_decode(*initial);
        if (!response) return reply(kBadBase64, "That is not base64");
    }
    exchange_ = std::move(*exchange);
    step_exchange(response);
}

void Session::continue_exchange(std::string_view line) {
    auto response = base64_decode(line);
    if (response) return step_exchange(response);
    exchange_.reset();
    reply(kBadBase64, line == "*" ? "Cancelled, as you wish" : "That is not base64");
}

void Session::step_exchange(const std::optional<std::string>& response) {
    const auto must_hash = [this, response] { return exchange_->must_hash(response); };
    net::run_login(link_, must_hash, [this, response] {
        auto next = exchange_->step(response);
        if (next && std::holds_alternative<auth::Authenticator::Exchange::Challenge>(*next)) {
            const auto& bytes = std::get<auth::Authenticator::Exchange::Challenge>(*next).bytes;
            // Base64 of what we made ourselves; longer than a reply's text may be.
            link_.write(fmt::format("334 {}\r\n", base64_encode(bytes)));
            return net::Step::Done;
        }
        exchange_.reset();
        if (!next) {
            login_failed(next.error());
            return net::Step::Done;
        }
        login_ = std::get<auth::Login>(std::move(*next));
        link_.set_timeout(services_.options.idle_timeout);
        link_.set_facts({.user = login_->account->address,
                         .account = login_->account->id,
                         .client = *hello_,
                         .state = {}});
        if (!services_.authenticator.is_current(*login_)) {
            link_.end("The account has changed; log in again");
        }
        reply({235, "2.7.0"}, "Logged in");
        return net::Step::Done;
    });
}

void Session::login_failed(const Error& e) {
    log_error(e);
    link_.hold(services_.authenticator.delay_of(e));
    // RFC 4954 6: 454 for what may work later.
    if (!reply_code(e.why, kind_).is_permanent()) return reply({454, "4.7.0"}, e.said);
    error(e);
}

}  // namespace rook::smtp
