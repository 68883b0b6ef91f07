// The maildrop: the INBOX as it was at login, locked for this session (RFC 1939 4 and 8).
//
// Sessions of other protocols go on: what they add is not seen, what they expunge can still be read
// until it is freed, and nothing that they do moves a message number.
// Owned by: the session. Threads: the session's; open() and commit() touch the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "mailbox/account.h"

namespace rook::pop3 {

class Maildrop {
public:
    struct Message {
        Uid uid;
        std::uint32_t size;  // octets as RETR sends them (wire/body_writer.h)
        EmailId email;
    };

    // Busy when another session has it.
    static Result<Maildrop> open(mailbox::AccountPtr);

    std::uint32_t messages() const { return static_cast<std::uint32_t>(messages_.size()); }
    // Without those marked as deleted.
    std::uint32_t left() const { return messages() - deleted_count_; }
    std::uint64_t left_bytes() const { return bytes_ - deleted_bytes_; }

    // Numbers start at 1 and are at most messages().
    const Message& at(std::uint32_t number) const { return messages_[number - 1]; }
    bool is_deleted(std::uint32_t number) const { return deleted_[number - 1]; }
    void mark_deleted(std::uint32_t number);
    void unmark_all();

    // The UIDVALIDITY and the UID: never used for another message, whatever happens (RFC 1939 7).
    std::string unique_id(std::uint32_t number) const;
    Result<std::unique_ptr<message::Source>> body(std::uint32_t number) const {
        return account_->body(at(number).email);
    }

    // Expunges what is marked, and that only, whatever \Deleted says. Returns how many went;
    // those that somebody else has expunged meanwhile do not count, and are no failure.
    Result<std::uint64_t> commit();

private:
    Maildrop() = default;

    mailbox::AccountPtr account_;  // shared with the account's other sessions
    std::unique_ptr<mailbox::Account::Maildrop> lock_;
    MailboxId inbox_;
    std::uint32_t uidvalidity_ = 0;
    std::vector<Message> messages_;
    std::vector<bool> deleted_;
    std::uint32_t deleted_count_ = 0;
    std::uint64_t bytes_ = 0, deleted_bytes_ = 0;
};

}  // namespace rook::pop3
