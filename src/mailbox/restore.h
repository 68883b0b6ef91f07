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

// How far the numbers of what is restored move, for each restore since the backup was made: a
// second restore of one state must not give out what the first did.
constexpr std::uint64_t kModSeqJump = std::uint64_t{1} << 32, kIdJump = std::uint64_t{1} << 32;
constexpr std::uint32_t kUidJump = 1u << 20;
// More leave no mailbox a UID.
constexpr std::uint64_t kMostRestores = 4095;

// Moves the numbers of every account of a store that was just restored and that nobody uses, and of
// the directory. Limit when a mailbox has no UIDs left, or after too many restores. `told` hears
// how many accounts are done.
Result<> move_numbers(store::Store&, directory::Directory&, std::uint64_t restores,
                      const std::function<void(std::uint64_t done, std::uint64_t all)>& told);

struct RestoreWish {
    // As the directory of the backup has it, with its number there; its address is where it goes.
    // When it replaces an account, that one's credentials and settings stay.
    directory::Account account;
    enum class Where : std::uint8_t { Add, Replace } where = Where::Add;
    std::uint64_t restores = 1;  // since the backup was made, with this one
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
