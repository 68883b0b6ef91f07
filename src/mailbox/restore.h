// What comes back from a backup: its numbers are moved so that no client takes it for what it knew
// (docs/architecture.md, "Backup and restore").
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "directory/directory.h"
#include "mailbox/types.h"
#include "store/store.h"

namespace rook::mailbox {

// A restore has a number, higher than that of every restore from the same backups, whatever it
// restored, and than those that the mail had been through when it was backed up. The numbers that
// clients see lie in rooms, so wide; what is restored moves on to the room of the restore, and so
// gives out nothing that was given out before.
constexpr std::uint64_t kModSeqRoom = std::uint64_t{1} << 32, kIdRoom = std::uint64_t{1} << 32;
constexpr std::uint64_t kAccountRoom = std::uint64_t{1} << 32;
constexpr std::uint32_t kUidRoom = 1u << 20;
// More leave no mailbox a UID.
constexpr std::uint64_t kMostRestores = 4095;

// The number of the last restore that an account's numbers were moved by; 0 when there was none, or
// when its record is missing or damaged.
Result<std::uint64_t> last_restore(const store::Store&, AccountId);
// Of all accounts of a store, and of the numbers of accounts.
Result<std::uint64_t> last_restore(const store::Store&, directory::Directory&);

// Moves the numbers of every account of a store that was just restored and that nobody uses, and of
// the directory. Limit when a mailbox has no UIDs left, or after too many restores. `told` hears
// how many accounts are done.
Result<> move_numbers(store::Store&, directory::Directory&, std::uint64_t restore,
                      const std::function<void(std::uint64_t done, std::uint64_t all)>& told);

struct RestoreWish {
    // As the directory of the backup has it, with its number there; its address is where it goes.
    // When it replaces an account, that one's credentials and settings stay.
    directory::Account account;
    enum class Where : std::uint8_t { Add, Replace } where = Where::Add;
    std::uint64_t restore = 1;  // its number
};

// Takes an account's records: those of the table Records first, and those in the order of their
// keys. Nothing is seen of them before finish(); dropped without it, they are erased.
//
// Made by: Accounts::begin_restore, which outlives it.
class Restoring {
public:
    virtual ~Restoring() = default;
    // Records that are damaged come along as they are, and are counted: `rookery check` names them.
    virtual Result<> take(store::Table, std::string_view key, std::string_view value) = 0;
    virtual std::uint64_t damaged() const = 0;
    // Reveals the account; what it replaces is erased, and its sessions get Gone. Corrupt when the
    // records are no whole account.
    virtual Result<AccountId> finish() = 0;
};

}  // namespace rook::mailbox
