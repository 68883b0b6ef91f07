#include "pop3/session.h"

#include <fmt/core.h>

#include "base/ascii.h"
#include "base/check.h"
#include "pop3/reply.h"
#include "pop3/wire/line.h"

namespace rook::pop3 {

namespace {

unsigned count_arguments(std::string_view args) {
    unsigned count = 0;
    for (auto word : split(args, ' ')) count += word.empty() ? 0 : 1;
    return count;
}

}  // namespace

void Session::start() {
    link_.set_deadline(services_.options.login_timeout);
    ok("Rookery POP3 server ready");
}

void Session::tls_started() {
    // RFC 2595 4: what was said before counts for nothing. Of it there is only the user's name: an
    // exchange cannot be open, since its lines are no commands.
    user_.reset();
    CHECK(!exchange_ && !maildrop_);
}

void Session::ending(std::string_view reason) { link_.write(error_line(kTemporary, reason)); }

void Session::broken() {
    link_.write(error_line(kTemporary, "Something went wrong here; closing"));
}

void Session::closed() {
    // Without QUIT nothing is deleted (RFC 1939 6).
    exchange_.reset();
    maildrop_.reset();
}

std::string Session::summary() const {
    return fmt::format("retr={} top={} deleted={} octets={}", retrieved_, topped_, deleted_,
                       octets_sent_);
}

std::size_t Session::feed(std::string_view input) {
    const auto line = wire::take_line(input, services_.options.line_bytes);
    switch (line.status) {
        case wire::LineStatus::NeedMore:
            return 0;
        case wire::LineStatus::TooLong:
            error(Why::TooBig, "The line is too long");
            link_.close();
            return input.size();
        case wire::LineStatus::Bad:
            exchange_.reset();
            bad_command(Why::BadSyntax, "NUL and CR have no place in a line");
            return line.taken;
        case wire::LineStatus::Complete:
            break;
    }
    if (maildrop_) link_.set_timeout(services_.options.idle_timeout);
    if (exchange_) {
        continue_exchange(line.text);
    } else {
        run_line(line.text);
    }
    return line.taken;
}

void Session::run_line(std::string_view line) {
    const auto blank = line.find(' ');
    const auto verb = line.substr(0, blank);
    const auto args = blank == line.npos ? std::string_view() : line.substr(blank + 1);
    const auto* command = find_command(verb);
    if (!command) return bad_command(Why::Unsupported, "There is no such command");
    if (!(command->states & state())) {
        return bad_command(Why::Cannot, maildrop_ ? "You are logged in already" : "Log in first");
    }
    const auto count = count_arguments(args);
    if (count < command->min_args || count > command->max_args) {
        return bad_command(Why::BadSyntax, fmt::format("Syntax: {}", command->usage));
    }
    bad_in_a_row_ = 0;
    // Blanks at the ends belong to a password and to nothing else.
    command->run(*this, command->max_args == kAnyArgs ? args : trim(args));
}

void Session::bad_command(Why why, std::string_view said) {
    if (++bad_in_a_row_ < services_.options.bad_commands) return error(why, said);
    error(why, "Too many bad commands; closing");
    link_.close();
}

void Session::ok(std::string_view text) { link_.write(fmt::format("+OK {}\r\n", text)); }

void Session::error(const Error& e) {
    if (!e.detail.empty()) log_error(e);
    link_.write(error_line(e));
}

void Session::log_error(const Error& e) {
    services_.log.warning("pop3-error", {{"why", to_string(e.why)},
                                         {"said", e.said},
                                         {"detail", e.detail},
                                         {"peer", link_.peer().address}});
}

std::optional<std::uint32_t> Session::message_number(std::string_view arg) {
    const auto number = parse_number<std::uint32_t>(arg);
    if (!number) {
        error(Why::BadSyntax, "A message number is made of digits");
    } else if (*number == 0 || *number > maildrop_->messages()) {
        error(Why::NotFound,
              fmt::format("There is no such message; there are {}", maildrop_->messages()));
    } else if (maildrop_->is_deleted(*number)) {
        error(Why::Gone, "The message is marked as deleted");
    } else {
        return number;
    }
    return std::nullopt;
}

void Session::list_messages(WriteLine write_line) {
    link_.run(net::Lane::Short, [this, write_line, number = std::uint32_t{0}]() mutable {
        std::string out;
        while (number < maildrop_->messages() && out.size() < net::kLowWater) {
            if (!maildrop_->is_deleted(++number)) write_line(*maildrop_, number, out);
        }
        const bool more = number < maildrop_->messages();
        if (!more) out += ".\r\n";
        link_.write(out);
        return more ? net::Step::More : net::Step::Done;
    });
}

void Session::quit() {
    if (!maildrop_) {
        ok("Goodbye");
        link_.close();
        return;
    }
    link_.run(net::Lane::Short, [this] {
        const auto gone = maildrop_->commit();
        const auto left = maildrop_->left();
        // Before the answer: the client may come back at once.
        maildrop_.reset();
        if (gone) {
            deleted_ += *gone;
            ok(fmt::format("Goodbye; {} messages left", left));
        } else {
            error(Error{gone.error().why,
                        "Some deleted messages were not removed",
                        gone.error().said + " " + gone.error().detail,
                        {}});
        }
        link_.close();
        return net::Step::Done;
    });
}

}  // namespace rook::pop3
