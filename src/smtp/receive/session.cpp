#include "smtp/receive/session.h"

#include <fmt/core.h>

#include "base/ascii.h"
#include "base/check.h"
#include "smtp/receive/trace.h"
#include "smtp/receive/wire/line.h"

namespace rook::smtp {

namespace {

constexpr Code kClosing{421, "4.3.0"};

// Short enough to be read out, with room for as many messages as there are.
std::string make_id(Random& random) {
    constexpr std::string_view kLetters = "0123456789abcdefghjkmnpqrstvwxyz";
    std::string id;
    for (auto bits = random.u64(); id.size() < 12; bits >>= 5) id += kLetters[bits & 31];
    return id;
}

}  // namespace

void Session::start() {
    if (kind_ == Kind::Lmtp) {
        link_.set_timeout(services_.options.idle_timeout);
    } else {
        link_.set_deadline(services_.options.login_timeout);
    }
    reply({220, ""}, fmt::format("{} {} Rookery", services_.options.hostname,
                                 kind_ == Kind::Lmtp ? "LMTP" : "ESMTP"));
}

void Session::tls_started() {
    // RFC 3207 4.2: what was said before counts for nothing.
    hello_.reset();
    login_.reset();
    transaction_.reset();
    bad_in_a_row_ = 0;
    CHECK(!exchange_ && !receiving_);
    link_.set_facts({});
}

void Session::timed_out() { reply({421, "4.4.2"}, "Nothing came for too long; closing"); }

void Session::ending(std::string_view reason) { reply(kClosing, reason); }

void Session::broken() { reply(kClosing, "Something went wrong here; closing"); }

void Session::closed() {
    receiving_.reset();
    exchange_.reset();
    transaction_.reset();
}

std::string Session::summary() const {
    return fmt::format("messages={} stored={} refused={}", messages_, stored_, refused_);
}

std::size_t Session::feed(std::string_view input) {
    if (kind_ == Kind::Lmtp || login_) link_.set_timeout(services_.options.idle_timeout);
    if (receiving_) return feed_data(input);
    const auto line = wire::take_line(input, services_.options.line_bytes);
    switch (line.status) {
        case wire::LineStatus::NeedMore:
            return 0;
        case wire::LineStatus::TooLong:
            reply({500, "5.5.2"}, "The line is too long; closing");
            link_.close();
            return input.size();
        case wire::LineStatus::Bad:
            exchange_.reset();
            bad_command({500, "5.5.2"},
                        "A line ends with CRLF, and holds no other CR or LF or NUL");
            return line.taken;
        case wire::LineStatus::Complete:
            break;
    }
    if (exchange_) {
        continue_exchange(line.text);
        return line.taken;
    }
    const auto* command = command_of(line.text);
    if (command && command->where == Where::Job) return run_in_job(input);
    run_line(line.text);
    return line.taken;
}

const CommandSpec* Session::command_of(std::string_view line) const {
    return find_command(line.substr(0, line.find(' ')), kind_);
}

// One hop to a worker for all that a pipelining client sends at once.
std::size_t Session::run_in_job(std::string_view input) {
    std::vector<std::string> lines;
    std::size_t taken = 0;
    for (;;) {
        const auto line = wire::take_line(input.substr(taken), services_.options.line_bytes);
        if (line.status != wire::LineStatus::Complete) break;
        const auto* command = command_of(line.text);
        if (!command || command->where != Where::Job) break;
        lines.emplace_back(line.text);
        taken += line.taken;
    }
    link_.run(net::Lane::Short, [this, lines = std::move(lines)] {
        for (const auto& line : lines) {
            if (!closing_) run_line(line);
        }
        return net::Step::Done;
    });
    return taken;
}

void Session::run_line(std::string_view line) {
    const auto* command = command_of(line);
    if (!command) return bad_command({500, "5.5.1"}, "There is no such command");
    if (!is_ready_for(*command)) return;
    const auto blank = line.find(' ');
    const auto args = blank == line.npos ? std::string_view() : trim(line.substr(blank + 1));
    if (!args.empty() && !command->takes_arguments) {
        return bad_command({501, "5.5.4"}, fmt::format("Syntax: {}", command->usage));
    }
    bad_in_a_row_ = 0;
    command->run(*this, args);
}

bool Session::is_ready_for(const CommandSpec& command) {
    constexpr Code kOrder{503, "5.5.1"};
    const auto needs = command.needs;
    if (needs >= Needs::Hello && !hello_) {
        bad_command(kOrder, kind_ == Kind::Lmtp ? "Say LHLO first" : "Say EHLO first");
    } else if (needs >= Needs::Login && kind_ == Kind::Submission && !login_) {
        bad_command({530, "5.7.0"}, "Log in first");
    } else if (needs >= Needs::Mail && !transaction_) {
        bad_command(kOrder, "MAIL comes first");
    } else if (needs >= Needs::Recipients && transaction_->recipients.empty()) {
        bad_command(kOrder, "There is no recipient");
    } else {
        return true;
    }
    return false;
}

void Session::bad_command(Code code, std::string_view text) {
    reply(code, text);
    if (++bad_in_a_row_ < services_.options.bad_commands) return;
    reply({421, "4.7.0"}, "Too many bad commands; closing");
    closing_ = true;
    link_.close();
}

void Session::log_error(const Error& e) {
    if (e.detail.empty()) return;
    services_.log.warning("smtp-error", {{"protocol", protocol()},
                                         {"why", to_string(e.why)},
                                         {"detail", e.detail},
                                         {"peer", link_.peer().address}});
}

void Session::set_hello(std::string_view name) {
    hello_ = name;
    transaction_.reset();
    net::SessionFacts facts{.user = {}, .account = {}, .client = *hello_, .state = {}};
    if (login_) {
        facts.user = login_->account->address;
        facts.account = login_->account->id;
    }
    link_.set_facts(std::move(facts));
}

void Session::count_unknown_recipient() {
    constexpr unsigned kFree = 10;
    // LMTP's client is a mail server of ours, and its answers are not told to others.
    if (kind_ == Kind::Lmtp || ++unknown_recipients_ <= kFree) return;
    link_.hold(services_.authenticator.options().failure_delay);
}

void Session::quit() {
    reply({221, "2.0.0"}, "Goodbye");
    closing_ = true;
    link_.close();
}

void Session::begin_data() {
    CHECK(hello_ && transaction_ && !transaction_->recipients.empty() && !receiving_);
    CHECK(kind_ == Kind::Lmtp || login_);
    const auto id = make_id(services_.random);
    Receiving::Facts facts{.services = services_,
                           .kind = kind_,
                           .id = id,
                           .received = received_text({.kind = kind_,
                                                      .hello = *hello_,
                                                      .peer = link_.peer(),
                                                      .hostname = services_.options.hostname,
                                                      .id = id,
                                                      .is_tls = link_.is_tls(),
                                                      .is_logged_in = login_.has_value(),
                                                      .is_utf8 = transaction_->is_utf8}),
                           .submitter = {},
                           .max_bytes = max_message_bytes()};
    if (login_) facts.submitter = login_->account->id;
    receiving_ = std::make_unique<Receiving>(std::move(facts), *transaction_);
    transaction_.reset();
    reply({354, ""}, "Send the message; end it with CRLF.CRLF");
}

std::size_t Session::feed_data(std::string_view input) {
    const auto took = receiving_->take(input);
    if (receiving_->is_store_due()) store_piece();
    return took;
}

void Session::store_piece() {
    link_.run(net::Lane::Short, [this] {
        if (receiving_->store() == Receiving::Stored::More) return net::Step::More;
        if (!receiving_->has_ended()) return net::Step::Done;
        ++messages_;
        stored_ += receiving_->stored();
        refused_ += receiving_->refused();
        link_.write(receiving_->replies());
        if (receiving_->is_suspect()) {
            // What follows may be the rest of that message, made to look like commands.
            reply({421, "4.7.0"}, "Closing, since the message's end is in doubt");
            link_.close();
        }
        receiving_.reset();
        return net::Step::Done;
    });
}

}  // namespace rook::smtp
