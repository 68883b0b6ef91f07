#include "imap/session.h"

#include <fmt/core.h>

#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "imap/command_list.h"
#include "imap/reply_code.h"

namespace rook::imap {

namespace {

// Before login a client sends a user name, a password or a SASL response, and no more.
constexpr std::size_t kCommandBytesBeforeLogin = 16 * 1024;
constexpr std::size_t kLiteralMinusBytes = 4096;  // RFC 7888 5
// A literal that is refused and comes all the same is thrown away up to here.
constexpr std::uint64_t kSkippedBeforeLogin = 64 * 1024;
constexpr std::uint64_t kSkipped = std::uint64_t{128} << 20;

constexpr bool is_tag_char(char c) { return wire::is_astring_char(c) && c != '+'; }

}  // namespace

std::unique_ptr<net::Session> make_session(const Services& services, net::Link& link) {
    return std::make_unique<Session>(services, link);
}

Session::Session(const Services& services, net::Link& link)
    : services_(services),
      link_(link),
      reader_({services.options.line_bytes_before_login, kCommandBytesBeforeLogin}) {}

// The view goes before all that its on_news() looks at.
Session::~Session() { view_.reset(); }

void Session::start() {
    link_.set_deadline(services_.options.login_timeout);
    reply_.line("OK").atom("[").raw(capabilities()).raw("] Rookery ready").end();
    flush();
    update_facts();
}

State Session::state() const {
    if (!account_) return State::BeforeLogin;
    return view_ ? State::Selected : State::LoggedIn;
}

std::string Session::capabilities() {
    CapabilityInput input{
        .is_logged_in = account_ != nullptr,
        .literal_minus = services_.options.literal_minus,
        .append_limit = services_.accounts.limits().message_bytes,
    };
    std::vector<std::string_view> mechanisms;
    if (!account_) {
        mechanisms = services_.authenticator.mechanisms(origin());
        input.can_start_tls = link_.can_start_tls();
        input.may_log_in = may_log_in();
        input.mechanisms = mechanisms;
    }
    return capability_text(input);
}

void Session::enable(Feature feature) {
    features_ |= static_cast<std::uint8_t>(feature);
    reply_.set_style({.utf8 = has(Feature::Rev2)});
}

std::size_t Session::feed(std::string_view input) {
    if (mode_ == Mode::Closing) return input.size();
    const bool is_words = mode_ == Mode::Command || mode_ == Mode::Stream;
    const auto event =
        reader_.feed(input, is_words ? wire::Reader::Literals::Read : wire::Reader::Literals::None);
    on_event(event);
    reader_.release();
    flush();
    return event.taken;
}

void Session::on_event(const wire::Reader::Event& event) {
    using What = wire::Reader::What;
    // Before login the time runs on from the greeting, whatever is said.
    if (account_ && event.what != What::NeedMore) {
        link_.set_timeout(services_.options.idle_timeout);
    }
    switch (event.what) {
        case What::NeedMore:
            return;
        case What::NeedLiteral:
            return on_literal(event);
        case What::Chunk:
            return on_chunk(event.text);
        case What::TooLong:
            return on_too_long();
        case What::Skipped:
            return finish(std::unexpected(*std::exchange(refusal_, nullptr)));
        case What::Line:
            break;
    }
    switch (mode_) {
        case Mode::Idle:
            return end_idle(event.text);
        case Mode::Exchange:
            return continue_exchange(event.text);
        default:
            return on_line(event.text);
    }
}

// Reads "TAG COMMAND " and finds the row.
Result<> Session::read_head(Args& args) {
    spec_ = nullptr;
    code_.clear();
    words_.clear();
    tag_ = "*";
    std::size_t length = 0;
    const auto text = args.rest();
    while (length < text.size() && is_tag_char(text[length])) ++length;
    if (length == 0 || length > 250 || length == text.size()) {
        return fail(Why::BadSyntax, "Expected a tag and a command");
    }
    tag_ = text.substr(0, length);
    args = Args(text.substr(length), args_options());
    TRY(args.space());
    std::string name(TRY(args.atom()));
    if (iequals(name, "UID")) {
        TRY(args.space());
        name.append(" ").append(TRY(args.atom()));
    }
    const auto* spec = find_command(name);
    if (!spec) return fail(Why::BadSyntax, "There is no such command");
    if (!allows(spec->states, state())) {
        if (state() == State::BeforeLogin) return fail(Why::BadSyntax, "Log in first");
        if (state() == State::LoggedIn && allows(spec->states, State::Selected)) {
            return fail(Why::BadSyntax, "Select a mailbox first");
        }
        return fail(Why::BadSyntax, "Not now: you are logged in");
    }
    spec_ = spec;
    if (!args.at_end()) TRY(args.space());
    return {};
}

void Session::on_line(std::string_view line) {
    Args args(line, args_options());
    Result<CommandPtr> parsed;
    if (mode_ == Mode::Stream) {
        // What stands behind a streamed literal.
        mode_ = Mode::Command;
        if (refusal_) return finish(std::unexpected(*std::exchange(refusal_, nullptr)));
        if (const auto done = command_->tail(args); !done) return finish(done);
        return run(std::move(command_));
    }
    if (const auto head = read_head(args); !head) return finish(head);
    parsed = spec_->parse(args);
    if (!parsed) return finish(std::unexpected(parsed.error()));
    run(std::move(*parsed));
}

void Session::on_literal(const wire::Reader::Event& event) {
    const auto& literal = event.literal;
    Args args(event.text, args_options());
    if (const auto begun = begin_literal(args, literal); !begun) {
        mode_ = Mode::Command;
        if (literal.synchronizing) {
            reader_.forget();
            return finish(begun);
        }
        if (literal.size > (account_ ? kSkipped : kSkippedBeforeLogin)) return on_too_long();
        refusal_ = std::make_unique<Error>(begun.error());
        return reader_.skip();
    }
    if (literal.synchronizing) reply_.raw("+ Go on\r\n");
}

Result<> Session::begin_literal(Args& args, const wire::Literal& literal) {
    if (mode_ == Mode::Stream) {
        return fail(Why::BadSyntax, "One message an APPEND, and nothing behind it");
    }
    TRY(read_head(args));
    if (spec_->is_secret && !may_log_in()) return fail(Why::Insecure, "Start TLS first");
    if (!literal.synchronizing && services_.options.literal_minus &&
        literal.size > kLiteralMinusBytes) {
        return fail(Why::TooBig, "A literal without waiting is at most 4096 bytes here");
    }
    if (spec_->begin_stream) {
        if (auto command = TRY(spec_->begin_stream(args))) {
            TRY(command->begin_literal(*this, literal));
            command_ = std::move(command);
            mode_ = Mode::Stream;
            reader_.stream_literal();
            return {};
        }
    }
    if (!reader_.accept_literal()) return fail(Why::TooBig, "The literal is too large");
    return {};
}

void Session::on_chunk(std::string_view bytes) {
    // After an error the rest of the message still comes, and is thrown away.
    if (refusal_ || !command_->take_literal(bytes)) return;
    link_.run(net::Lane::Short, [this] {
        if (auto stored = command_->store_literal(*this); !stored) {
            refusal_ = std::make_unique<Error>(stored.error());
        }
        return net::Step::Done;
    });
}

void Session::on_too_long() {
    reader_.forget();
    refusal_.reset();
    reply_.line("BAD").text("The command is too long").end();
    goodbye("TOOBIG", "The command is too long");
    link_.close();
}

void Session::run(CommandPtr command) {
    command_ = std::move(command);
    ++counts_.commands;
    if (spec_->runs == Runs::Here && !is_view_behind()) {
        step();
    } else {
        const auto job = [this] { return step(); };
        const auto lane = command_->lane();
        if (lane != net::Lane::Hash) return link_.run(lane, job);
        net::run_login(link_, [this] { return command_->must_hash(*this); }, job);
    }
}

net::Step Session::step() {
    const auto done = command_->step(*this);
    if (done && *done == net::Step::More) {
        flush();
        written_ = 0;
        return net::Step::More;
    }
    // IDLE and AUTHENTICATE answer later.
    if (mode_ == Mode::Command) finish(done ? Result<>{} : std::unexpected(done.error()));
    flush();
    written_ = 0;
    return net::Step::Done;
}

void Session::finish(const Result<>& result) {
    if (view_ && spec_) announce(spec_->numbers);
    tagged(result);
    command_.reset();
    refusal_.reset();
    std::string().swap(code_);
    std::string().swap(words_);
    after_step();
}

void Session::tagged(const Result<>& result) {
    const auto begin = [&](std::string_view status, std::string_view code) {
        reply_.raw(tag_).atom(status);
        if (!code.empty()) reply_.open_code(code).close_code();
    };
    if (result) {
        bad_in_a_row_ = 0;
        begin("OK", code_);
        reply_.text(words_.empty() ? fmt::format("{} done", spec_->name) : words_).end();
        return;
    }
    const auto& error = result.error();
    auto reply = reply_code(error.why);
    if (spec_ && error.why == Why::NotFound && !spec_->not_found_code.empty()) {
        reply.code = spec_->not_found_code;
    }
    if (spec_ && error.why == Why::Denied && !spec_->denied_code.empty()) {
        reply.code = spec_->denied_code;
    }
    begin(reply.status, code_.empty() ? reply.code : std::string_view(code_));
    reply_.text(error.said).end();
    if (!error.detail.empty()) {
        services_.log.warning("imap-error",
                              {{"command", spec_ ? spec_->name : std::string_view("?")},
                               {"why", to_string(error.why)},
                               {"detail", error.detail},
                               {"user", user_ ? user_->address : std::string()},
                               {"peer", link_.peer().address}});
    }
    if (error.why == Why::BadSyntax || error.why == Why::Denied) count_bad();
}

void Session::count_bad() {
    if (++bad_in_a_row_ < services_.options.bad_commands) return;
    goodbye("", "Too many bad commands");
    closes_ = true;
}

void Session::after_step() {
    if (is_view_gone_) {
        goodbye("", "The mailbox is gone");
        closes_ = true;
    }
    if (closes_) {
        mode_ = Mode::Closing;
        flush();
        link_.close();
    } else if (starts_tls_) {
        starts_tls_ = false;
        flush();
        link_.start_tls();
    }
}

void Session::goodbye(std::string_view code, std::string_view words) {
    if (mode_ == Mode::Closing) return;
    mode_ = Mode::Closing;
    reply_.line("BYE");
    if (!code.empty()) reply_.open_code(code).close_code();
    reply_.text(words).end();
    flush();
}

void Session::cut() {
    out_.clear();
    mode_ = Mode::Closing;
    link_.close();
}

void Session::stream(std::string bytes) {
    flush();
    written_ += bytes.size();
    link_.give(std::move(bytes));
}

void Session::flush() {
    if (out_.empty()) return;
    link_.write(out_);
    written_ += out_.size();
    std::string().swap(out_);
}

void Session::tls_started() {
    // Nothing said before counts (RFC 9051 11.1): the client's name and what it switched on.
    CHECK(!account_ && !exchange_ && !command_);
    client_.clear();
    features_ = 0;
    bad_in_a_row_ = 0;
    reply_.set_style({});
    reader_.forget();
    update_facts();
    link_.set_deadline(services_.options.login_timeout);
}

void Session::timed_out() {
    goodbye("", account_ ? "Nothing was said for too long" : "It took too long to log in");
}

void Session::ending(std::string_view reason) { goodbye("UNAVAILABLE", reason); }

void Session::broken() {
    out_.clear();
    goodbye("SERVERBUG", "Something went wrong here");
}

void Session::closed() {
    mode_ = Mode::Closing;
    wants_news_ = false;
    command_.reset();
    exchange_.reset();
    view_.reset();
    account_.reset();
    reader_.forget();
}

std::string Session::summary() const {
    return fmt::format("commands={} fetched={} appended={} copied={} expunged={}", counts_.commands,
                       counts_.fetched, counts_.appended, counts_.copied, counts_.expunged);
}

}  // namespace rook::imap
