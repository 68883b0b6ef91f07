// One message while FETCH answers about it: what is known of it, and its bytes when they are asked
// for.
//
// Threads: one at a time. Lives in a FetchRun.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "imap/fetch_section.h"
#include "imap/session.h"
#include "mailbox/account.h"
#include "message/decode.h"

namespace rook::imap {

// FLAGS lists made before: a mailbox has few different ones.
class FlagsTexts {
public:
    // "(\Seen $Junk)"; until the next call.
    std::string_view text(Session&, const mailbox::Entry&);

private:
    struct Slot {
        mailbox::Keywords keywords = 0;
        mailbox::Flags flags = 0;
        bool is_recent = false;
        std::string text;  // empty: the slot is free
    };
    std::array<Slot, 64> slots_;
};

class FetchMessage {
public:
    FetchMessage(Session& session, FlagsTexts& flags, Seq seq, const mailbox::Entry& entry)
        : session_(session), flags_(flags), seq_(seq), entry_(entry) {}

    Session& session() { return session_; }
    Seq seq() const { return seq_; }
    const mailbox::Entry& entry() const { return entry_; }
    std::string_view flags_text() { return flags_.text(session_, entry_); }

    // Of items that need Summaries.
    const message::SummaryView& summary() const { return summary_->view; }
    void set_summary(const mailbox::SummaryRecord& record) { summary_ = &record; }
    Result<const PartTree*> parts();
    Result<message::Source*> source();

    // What is written next is the last that can fail: its bytes may follow without a copy.
    void expect_last() { is_last_ = true; }

    // Those bytes of the message, at once; until the next call.
    Result<std::string_view> read(Located::Range);
    // Writes those bytes as a literal. Many of them follow later, piece by piece: then it must be
    // the last thing that an item does.
    enum class WithNul : std::uint8_t { Literal, Literal8 };  // what carries them if there is NUL
    Result<> write_bytes(Located::Range, wire::Writer&, WithNul = WithNul::Literal);
    // The same for a decoded part: `size` bytes of it behind the first `skip`.
    void stream_decoded(const message::Part&, std::uint64_t skip, std::uint64_t size);

    // Bytes are still to follow.
    bool is_streaming() const { return left_ > 0; }
    // The next of them. Corrupt when there are fewer than were announced.
    Result<std::string> next_bytes();

private:
    Result<bool> has_nul(Located::Range);
    Result<> hold(Located::Range);

    Session& session_;
    FlagsTexts& flags_;
    Seq seq_;
    const mailbox::Entry& entry_;
    const mailbox::SummaryRecord* summary_ = nullptr;
    std::optional<PartTree> parts_;
    std::unique_ptr<message::Source> source_;
    std::string whole_, scratch_;  // a small message; the last bytes read
    bool is_last_ = false;
    // What follows; `held_` is all of it when it is known, as far as it is not given.
    std::vector<std::string> held_;
    std::size_t given_ = 0;
    std::uint64_t at_ = 0, left_ = 0, skip_ = 0;
    std::unique_ptr<message::PartReader> decoder_;
};

}  // namespace rook::imap
