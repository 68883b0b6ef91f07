// What must hold each time that accounts are opened: clients are shown nothing that goes back, and
// what is stored agrees with itself.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "power/power_steps.h"
#include "store/store.h"

namespace rook::power {

// In words; none when all is well.
using Complaints = std::vector<std::string>;

// Remembers what clients were shown: UIDs, UIDVALIDITY, mod-sequences.
class Watch {
public:
    void note_shown(Ground&);
    // What is there now does not go behind it.
    Complaints check_shown(Ground&) const;

private:
    struct Shown {
        std::uint32_t uidvalidity = 0, uidnext = 0;
        std::uint64_t highest_modseq = 0;
    };
    std::map<MailboxId, Shown> shown_;
    std::map<std::pair<AccountId, std::uint32_t>, MailboxId> uidvalidities_;
};

// The timer's work, to its end.
Complaints tidy(Ground&);

// `rookery check` finds nothing, and nothing is half done or left of what nobody has. After a
// tidy() that came late enough nothing waits to be freed either.
enum class Tidied : std::uint8_t { No, Yes };
Complaints check_stored(Ground&, const store::Store&, Tidied);

}  // namespace rook::power
