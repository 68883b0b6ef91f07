// One IMAP session (RFC 9051): reads commands, runs them one after another, tells what others did.
//
// Owned by: net/. Threads: one at a time (net/session.h); only on_news(), given to a view, is
// called by others. An idle session holds no buffers.
// Files: session.cpp reads and answers, session_news.cpp tells, session_login.cpp logs in.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
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
    bool has(Feature feature) const {
        return (features_ & static_cast<std::uint8_t>(feature)) != 0;
    }
    void enable(Feature);

    // Of the running command.
    const std::string& tag() const { return tag_; }
    // Tells what others did, into reply(); done before the tagged reply in any case.
    void announce(Numbers);
    bool is_view_behind() const;
    // At once, or on a worker when the view is behind and its news need the disk. Call as the last
    // thing in feed(), woken() or a step.
    void where_news_may_be_read(std::function<void()> work);

    // Untagged answers go here; sent when the step returns.
    Reply& reply() { return reply_; }
    // Sends reply() and then the bytes, without copying them once more: bodies.
    void stream(std::string bytes);
    // Written in this step so far: what a lazy answer counts by (net::kStepBytes).
    std::size_t written() const { return written_ + out_.size(); }
    // The response code of the tagged reply, whether OK or NO: "APPENDUID 38505 3955". A failed
    // command's error gives one by itself (reply_code.h).
    void set_code(std::string code) { code_ = std::move(code); }
    // The words of a tagged OK, instead of "FETCH done".
    void set_words(std::string words) { words_ = std::move(words); }
    // An answer broke off inside an announced literal: only closing can say so. The command should
    // return at once.
    void cut();

    mailbox::Account& account() { return *account_; }  // when logged in
    mailbox::View& view() { return *view_; }           // when selected
    // NotFound when there is none of that name.
    Result<mailbox::MailboxInfo> get_mailbox(std::string_view name);
    // The UIDs that the client means and the view has. BadSyntax for a sequence number that there
    // is none of (RFC 9051 9); UIDs that are not there are left out.
    Result<UidSet> resolve(const NumberSet&, By);
    // "$" (RFC 5182); empty after SELECT.
    UidSet& saved_search() { return saved_search_; }
    // Cannot, on a mailbox opened by EXAMINE.
    Result<> need_read_write();
    // Leaves the selected mailbox.
    void deselect();
    void select(std::unique_ptr<mailbox::View>);
    // For Account::select: any thread may call it as long as the view lives.
    std::function<void()> on_news();
    // The selected mailbox, or the one named.
    bool is_selected(MailboxId id) const { return view_ && view_->mailbox() == id; }

    // "FLAGS (\Seen $Label)" of an entry, with \Recent where this session has it.
    void write_flags(const mailbox::Entry&, const mailbox::KeywordNames&, Reply&) const;
    // The FETCH response that nobody asked for, or STORE's: FLAGS, and UID and MODSEQ where they
    // belong.
    enum class WithUid : std::uint8_t { WhenRev2, Always };
    void write_flags_fetch(Seq, const mailbox::Entry&, const mailbox::KeywordNames&, WithUid);
    // "* FLAGS" and PERMANENTFLAGS of the selected mailbox.
    void write_flag_names(const mailbox::KeywordNames&);

    // CAPABILITY's words as they are now.
    std::string capabilities();
    auth::Origin origin() const;
    bool may_log_in() const { return services_.authenticator.is_allowed(origin()); }

    // What a command leaves for after its tagged reply.
    void close_after_reply() { closes_ = true; }
    void start_tls_after_reply() { starts_tls_ = true; }
    // IDLE (RFC 2177): a state, until DONE.
    void start_idle();
    // AUTHENTICATE, on a worker, of the Hash lane if it must hash: goes on until the exchange is
    // over; `initial` decoded.
    Result<> start_exchange(std::unique_ptr<auth::Authenticator::Exchange>,
                            std::optional<std::string> initial);
    // The end of LOGIN and AUTHENTICATE, on a worker.
    Result<> log_in(Result<auth::Login>);
    void set_client(std::string_view client);  // ID

    struct Counts {
        std::uint32_t commands = 0, fetched = 0, appended = 0, expunged = 0, copied = 0;
    };
    Counts& counts() { return counts_; }

private:
    enum class Mode : std::uint8_t { Command, Stream, Exchange, Idle, Closing };

    Args::Options args_options() const { return {.utf8 = has(Feature::Rev2)}; }
    void on_event(const wire::Reader::Event&);
    void on_line(std::string_view line);
    void on_literal(const wire::Reader::Event&);
    void on_chunk(std::string_view bytes);
    void on_too_long();
    Result<> read_head(Args&);
    Result<> begin_literal(Args&, const wire::Literal&);
    void run(CommandPtr);
    net::Step step();
    void finish(const Result<>&);
    void tagged(const Result<>&);
    void count_bad();
    void end_idle(std::string_view line);
    void continue_exchange(std::string_view line);
    Result<> step_exchange(std::optional<std::string_view> response);
    void tell(const mailbox::News&);
    void goodbye(std::string_view code, std::string_view words);
    void update_facts();
    void after_step();
    void flush();

    const Services& services_;
    net::Link& link_;
    wire::Reader reader_;
    std::string out_;
    Reply reply_{out_};
    std::string tag_, code_, words_, client_;
    const CommandSpec* spec_ = nullptr;
    CommandPtr command_;
    std::unique_ptr<auth::Authenticator::Exchange> exchange_;
    std::unique_ptr<Error> refusal_;  // of a command whose literals are still coming
    directory::AccountPtr user_;      // shared with the directory's cache
    mailbox::AccountPtr account_;     // shared with the account's other sessions
    std::unique_ptr<mailbox::View> view_;
    UidSet saved_search_;
    Counts counts_;
    std::size_t written_ = 0;
    unsigned bad_in_a_row_ = 0;
    Mode mode_ = Mode::Command;
    std::uint8_t features_ = 0;
    bool closes_ = false, starts_tls_ = false, is_view_gone_ = false;
    std::atomic<bool> wants_news_{false};
};

}  // namespace rook::imap
