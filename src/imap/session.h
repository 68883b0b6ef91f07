// One IMAP session (RFC 9051): reads commands, runs them one after another, tells what others did.
//
// Owned by: net/. Threads: one at a time (net/session.h); only on_news, given to a view, is called
// by others. An idle session holds no buffers.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/auth.h"
#include "imap/command.h"
#include "imap/feature.h"
#include "imap/imap.h"
#include "mailbox/account.h"
#include "net/session.h"

namespace rook::imap {

class Session final : public net::Session {
public:
    Session(const Services&, net::Link&);
    ~Session() override;

    // net::Session
    void start() override;
    std::size_t feed(std::string_view input) override;
    void woken() override;
    void tls_started() override;
    void timed_out() override;
    void ending(std::string_view reason) override;
    void broken() override;
    void closed() override;
    std::string_view protocol() const override { return "imap"; }
    std::string summary() const override;

    // --- for commands ---
    const Services& services() const { return services_; }
    net::Link& link() { return link_; }
    State state() const;
    bool has(Feature) const;
    void enable(Feature);

    // Untagged answers go here; sent when the step returns.
    Reply& reply() { return reply_; }
    // Bytes waiting in reply(): what a lazy answer counts by.
    std::size_t reply_size() const { return out_.size(); }
    // Sends reply() and then the bytes, without copying them once more: bodies.
    void stream(std::string_view bytes);
    // The response code of the tagged reply, whether OK or NO: "APPENDUID 38505 3955". A failed
    // command's error gives one by itself (reply_code.h).
    void set_code(std::string code) { code_ = std::move(code); }
    // The words of a tagged OK, instead of "FETCH done".
    void set_words(std::string words) { words_ = std::move(words); }
    // An answer broke off inside an announced literal: only closing can say so.
    void cut();

    mailbox::Account& account() { return *account_; }  // when logged in
    mailbox::View& view() { return *view_; }           // when selected
    // The UIDs that the client means and the view has. BadSyntax for a sequence number that there
    // is none of (RFC 9051 9); UIDs that are not there are left out.
    Result<UidSet> resolve(const NumberSet&, By);
    // "$" (RFC 5182); empty after SELECT.
    UidSet& saved_search() { return saved_search_; }
    // Fails on a mailbox opened by EXAMINE.
    Result<> need_read_write();
    // Leaves the selected mailbox.
    void deselect();
    void select(std::unique_ptr<mailbox::View>);
    // What a view calls when it has news: any thread.
    std::function<void()> on_news();
    // Mailbox names and quoted strings of the client, by what it enabled.
    Args::Options args_options() const { return {.utf8 = has(Feature::Rev2)}; }

    // FLAGS (\Seen $Label) of an entry, with \Recent where this session has it.
    void write_flags(const mailbox::Entry&, const mailbox::KeywordNames&, Reply&);
    // "* FLAGS" and, for the client to know that it may make its own, PERMANENTFLAGS.
    void write_flag_names();

    // CAPABILITY's words as they are now.
    std::string capabilities() const;
    auth::Origin origin() const;
    bool may_log_in() const;

    // What a command leaves for after its tagged reply.
    void close_after_reply() { closes_ = true; }
    void start_tls_after_reply() { starts_tls_ = true; }
    // IDLE (RFC 2177): a state, until DONE.
    void start_idle();
    // AUTHENTICATE: goes on with SASL until the exchange is over; `initial` decoded.
    Result<net::Step> start_exchange(std::unique_ptr<auth::Authenticator::Exchange>,
                                     std::optional<std::string> initial);
    // The end of LOGIN and AUTHENTICATE: on a worker.
    Result<> log_in(Result<auth::Login>);
    void set_client(std::string_view client);  // ID

    struct Counts {
        std::uint64_t commands = 0, fetched = 0, appended = 0, expunged = 0, copied = 0;
    };
    Counts& counts() { return counts_; }

private:
    enum class Mode : std::uint8_t { Command, Exchange, Idle, Stream, Closing };

    std::size_t feed_idle(std::string_view input);
    void on_line(std::string_view line);
    void dispatch(const CommandSpec&, Args&);
    void run(CommandPtr);
    net::Step step();
    void finish(Result<>);
    void announce(Numbers);
    void tell(const mailbox::News&);
    void tagged(std::string_view status, std::string_view code, std::string_view words);
    void flush();

    const Services& services_;
    net::Link& link_;
    wire::Reader reader_;
    std::string out_;
    Reply reply_;
    std::string tag_, code_, words_;
    const CommandSpec* spec_ = nullptr;
    CommandPtr command_;
    std::unique_ptr<auth::Authenticator::Exchange> exchange_;
    mailbox::AccountPtr account_;
    std::unique_ptr<mailbox::View> view_;
    UidSet saved_search_;
    Counts counts_;
    Mode mode_ = Mode::Command;
    std::uint8_t features_ = 0;
    unsigned bad_in_a_row_ = 0;
    bool closes_ = false, starts_tls_ = false;
    std::atomic<bool> wants_news_{false};
};

}  // namespace rook::imap
