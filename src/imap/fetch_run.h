// The answer to a FETCH, in steps of about net::kStepBytes: never a whole body in memory, however
// large.
//
// Threads: one at a time. Used by: commands/fetch.cpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "imap/fetch.h"
#include "imap/fetch_message.h"
#include "imap/session.h"

namespace rook::imap {

class FetchRun {
public:
    // `messages` may hold UIDs that are not there.
    FetchRun(Session&, const FetchRequest&, By, UidSet messages);

    // Fails at the end when some messages could not be answered: the others were.
    Result<net::Step> step();

private:
    // A message of the batch.
    struct Item {
        Seq seq;
        mailbox::Entry entry;
        bool is_gone;
        bool tells_flags = false;  // \Seen was set by this command
    };

    Result<> walk(const std::function<bool(const mailbox::View::Item&)>& each);
    Result<> answer_entries();
    Result<> answer_messages();
    Result<> load_batch();
    void mark_seen();
    Result<> answer_next_value();
    void begin_message();
    void end_message();
    Result<> abandon(const Error&);
    void open_line(Seq);
    void write_line(FetchMessage&);
    void write_changed_flags(FetchMessage&);
    void flush();
    Result<> outcome();
    bool is_step_full() const { return s_.written() + out_.size() >= net::kStepBytes; }

    Session& s_;
    const By by_;
    const FetchRequest& request_;
    UidSet left_;  // not yet walked
    const bool only_entries_, sets_seen_;
    FlagsTexts flags_;

    std::string out_;  // apart from the session's reply, so that a response can be taken back
    wire::Writer writer_;

    std::vector<Item> batch_;
    std::vector<Result<mailbox::SummaryRecord>> summaries_;  // of the batch
    std::size_t next_ = 0;                                   // of the batch, to begin
    // The message that is being answered.
    std::optional<FetchMessage> message_;
    std::size_t value_ = 0;  // of the request, to write
    // Where its response begins in out_; absent once a part of it was sent.
    std::optional<std::size_t> line_begin_;

    std::uint32_t gone_ = 0, damaged_ = 0, undecodable_ = 0;
    std::string damage_;  // for the log
    Seq first_damaged_;
    bool is_cut_ = false;
};

}  // namespace rook::imap
