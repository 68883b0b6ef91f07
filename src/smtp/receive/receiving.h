// A message between DATA and its replies.
//
// Owned by: the session, one at a time. Threads: take() on the loop, store() in a job; never both.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mailbox/delivery.h"
#include "smtp/receive/wire/data_reader.h"
#include "smtp/reply_code.h"
#include "smtp/smtp.h"

namespace rook::smtp {

struct Transaction;

class Receiving {
public:
    static constexpr std::size_t kPieceBytes = 64 * 1024;

    struct Facts {
        const Services& services;
        Kind kind;
        std::string id;
        std::string received;                // mailbox::Delivery::Trace
        std::optional<AccountId> submitter;  // who must own the addresses in From
        std::uint64_t max_bytes;
    };
    Receiving(Facts, const Transaction&);

    // Takes input up to the end of the message, or until store() is due.
    std::size_t take(std::string_view input);
    bool is_store_due() const { return reader_.is_done() || piece_.size() >= kPieceBytes; }
    // A bare CR or LF was there: after the reply nothing that follows can be trusted.
    bool is_suspect() const { return reader_.has_bare_line_end(); }

    // Works on what was taken; call again when it returns More. Done with has_ended(): replies() is
    // there.
    enum class Stored : std::uint8_t { More, Done };
    Stored store();
    bool has_ended() const { return has_ended_; }
    // One a recipient for LMTP, one in all for submission.
    const std::string& replies() const { return replies_; }
    std::size_t stored() const { return stored_; }
    std::size_t refused() const { return recipients_.size() - stored_; }

private:
    // What happens to all recipients alike.
    struct Verdict {
        Code code;
        std::string said;
    };

    void end_bytes();
    std::optional<Verdict> judge(const message::Summary&);
    void add_missing_fields(const message::Summary&);
    void answer();
    Verdict verdict_of(std::size_t recipient) const;
    void answer_submission(const std::vector<Verdict>&);
    void log_delivery(std::size_t recipient, const Verdict&);

    const Facts facts_;
    const std::string sender_;
    const std::uint64_t announced_;
    std::vector<std::string> recipients_;
    std::unique_ptr<mailbox::Delivery> delivery_;
    wire::DataReader reader_;
    std::string piece_;
    std::uint64_t bytes_ = 0;
    std::optional<Verdict> verdict_;
    std::string message_id_;
    bool has_begun_ = false, has_finished_ = false, has_ended_ = false;
    std::string replies_;
    std::size_t stored_ = 0;
};

}  // namespace rook::smtp
