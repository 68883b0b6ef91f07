// The operations that are cut short: what each does, and what it makes of the model.
//
// Threads: plain values; a Ground as its maker says.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "directory/directory.h"
#include "mailbox/accounts.h"
#include "power/power_model.h"

namespace rook::power {

// What operations run on: open accounts on some store.
class Ground {
public:
    virtual ~Ground() = default;
    virtual const Contents& contents() const = 0;
    virtual const Clock& clock() const = 0;
    virtual mailbox::Accounts& accounts() = 0;
    virtual directory::Directory& directory() = 0;

    // By address: loaded. NotFound.
    Result<mailbox::AccountPtr> account(const std::string& address);
    // All accounts as they are.
    Result<Model> read();
};

// One operation, acknowledged when `run` is fine.
struct Step {
    std::string name;
    std::function<Result<>(Ground&)> run;
    // What it does to the model, in the order in which it may become durable: one for what is
    // atomic, one a part where account.h says page by page. Accounts are apart from one another.
    using Part = std::function<void(Model&)>;
    std::vector<Part> parts;
};
using Script = std::vector<Step>;

UidSet uids(std::uint32_t first, std::uint32_t last);
constexpr std::uint32_t kAll = 0xFFFFFFFF;
// Pages of a transaction, in a move or an expunge and in a change of flags, times the entries of a
// page.
constexpr std::uint32_t kEntriesATime = 16 * 64, kFlagsATime = 64 * 64;

// Hands a message over in pieces, as they come from a connection, and finishes it.
Result<> write_message(mailbox::Staged&, std::string_view bytes);

// Writes a script for one account.
class ScriptWriter {
public:
    explicit ScriptWriter(std::string address) : address_(std::move(address)) {}

    void create_account();
    void remove_account();
    // In one transaction into each of the mailboxes.
    void append(int content, std::vector<std::string> boxes, mailbox::FlagList flags = {});
    // The same, acknowledged with the next operation: queued, and not waited for.
    void queue_append(int content, std::vector<std::string> boxes, mailbox::FlagList flags = {});
    // A message that is given up before its end.
    void give_up(int content);
    void set_flags(std::string box, UidSet set, mailbox::FlagEdit::How, mailbox::FlagList flags);
    // With the part that is done first, and the rest.
    void set_many_flags(std::string box, std::uint32_t first_part, mailbox::FlagList flags);
    void copy(std::string from, UidSet set, std::string to);
    // `total`: entries of the mailbox, whose pages are full: what goes in one transaction is known.
    void move(std::string from, UidSet set, std::string to, std::uint32_t total = 1);
    void expunge(std::string box, std::optional<UidSet> set, mailbox::Account::Which,
                 std::uint32_t total = 1);
    // What POP3's QUIT does.
    void quit_pop3(UidSet set);
    void create(std::string name, std::vector<std::string> made);
    void rename(std::string from, std::string to);
    // The new mailbox first, then the messages (RFC 9051 6.3.6 asks for no more).
    void rename_inbox(std::string to);
    void remove(std::string name);
    void subscribe(std::string name, bool on);
    // To both, as LMTP does.
    void deliver(int content, std::string other);

    Script take() { return std::move(script_); }

private:
    using Run = std::function<Result<>(Ground&)>;
    void add(std::string name, Run run);
    void add(std::string name, Run run, Step::Part part);
    void part_of_last(Step::Part part) { script_.back().parts.push_back(std::move(part)); }
    enum class Wait : std::uint8_t { Yes, No };
    void append(int content, std::vector<std::string> boxes, mailbox::FlagList flags, Wait);
    Run on_account(std::function<Result<>(mailbox::Account&)> run);
    Step::Part on_mail(std::function<void(Mail&)> part);
    void move_parts(std::string from, UidSet set, std::string to, std::uint32_t total);

    const std::string address_;
    Script script_;
};

}  // namespace rook::power
