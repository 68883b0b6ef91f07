// One message on its way into the INBOX of one or more accounts: what LMTP, submission and `rookery
// deliver` share.
//
// The bytes are staged once, as they come, for the first account that can take them; the others'
// copies are made from that one, a piece at a time, when all is there. An account gets the message
// once, however many of the recipients reach it. Each copy starts with its own trace fields:
// Return-Path, Delivered-To and Received (RFC 5321 4.4).
//
// Owned by: whoever receives the message. Dropped before commit(): nothing is delivered.
// Threads:  one at a time; all but the constructor, fate() and summary() touch the disk.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mailbox/accounts.h"

namespace rook::mailbox {

// The trace fields' share of Limits::message_bytes: what is accepted from outside is so much less.
constexpr std::uint64_t kTraceBytes = 4 * 1024;
constexpr std::uint64_t deliverable_bytes(const Limits& limits) {
    return limits.message_bytes > 2 * kTraceBytes ? limits.message_bytes - kTraceBytes
                                                  : limits.message_bytes / 2;
}

class Delivery {
public:
    struct Recipient {
        std::string address;              // as the sender gave it, without <>; for Delivered-To
        std::vector<AccountId> accounts;  // whom it reaches, at least one (Directory::resolve)
    };
    struct Trace {
        std::string return_path;  // without <>; empty for the null sender
        // Received's "from ... by ... with ... id ...", folded with CRLF and a tab; empty: no
        // Received field.
        std::string received;
    };

    Delivery(Accounts&, const Clock&, Trace, std::vector<Recipient>);
    ~Delivery();
    Delivery(const Delivery&) = delete;
    Delivery& operator=(const Delivery&) = delete;

    // Once, first. `size_hint`: of the message, 0 when unknown; an account that has no room for it
    // is out from here on.
    void begin(std::uint64_t size_hint);
    // The message's bytes. An error (TooBig, NoSpace, Io) is every recipient's fate: the rest of
    // the bytes may be left out.
    Result<> write(std::string_view bytes);
    // Once, after the bytes.
    Result<> finish();
    // After finish(): of the message with the first copy's trace fields. Null when nobody can have
    // it.
    const message::Summary* summary() const;
    // Header fields, with their CRLFs, to stand in front of the message in every copy: for what a
    // submission server adds (RFC 6409 8). After finish().
    void prepend(std::string_view fields);

    // Returns when the copy of one more account is durable; false when there was none left. Copies
    // of others are begun meanwhile, and share its flush. After finish().
    bool commit_next();
    void commit() {
        while (commit_next()) {
        }
    }

    // After all commits: a recipient whose every account has the message is fine; otherwise, why
    // one has it not.
    Result<> fate(std::size_t recipient) const;
    // Octets of the message as it came.
    std::uint64_t size() const { return size_; }

private:
    struct Copy;

    std::string trace_of(const Copy&) const;
    bool begin_next();
    Result<std::unique_ptr<Adding>> begin_copy(Copy&);
    Result<> stage_first(Copy&, std::uint64_t size_hint);
    Result<std::unique_ptr<Staged>> stage_again(const Copy&, Account&);
    void fail_the_rest(const Error&);

    Accounts& accounts_;
    const Trace trace_;
    std::vector<Recipient> recipients_;
    std::vector<Copy> copies_;
    std::int64_t received_;
    std::uint64_t size_ = 0;

    // The bytes: the first copy's own, trace fields and all.
    std::size_t first_ = 0;
    AccountPtr first_account_;
    std::unique_ptr<Staged> staged_;
    std::size_t first_trace_bytes_ = 0;
    std::string prepended_;
    std::size_t next_ = 0;
    std::deque<std::pair<Copy*, std::unique_ptr<Adding>>> under_way_;
};

}  // namespace rook::mailbox
