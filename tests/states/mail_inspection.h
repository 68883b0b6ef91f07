// All mail, read as clients would, against what is known of it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "power/power_steps.h"

namespace rook::states {

// What a broken server or a broken `check` would do: each must be found out.
enum class DamageLie : std::uint8_t {
    None,
    ServesAlteredBytes,
    HidesMail,      // a mailbox that is not whole says nothing of it
    ChecksNothing,  // `check` is content
    RepairsNothing,
    RepairsOnlyFiles,
};

// An entry whose email cannot be read.
struct HurtEmail {
    std::string email;  // `to_text`
    std::string mailbox;
    std::uint32_t uid = 0;
};

struct Inspection {
    std::uint64_t messages = 0;  // read whole, and as they were
    // What an error was given for: emails, and the accounts of which more cannot be read.
    std::vector<HurtEmail> hurt_emails;
    std::set<std::string> hurt_accounts;  // addresses
    std::vector<std::string> altered;     // bytes that nobody delivered, as if they were good
    // Not there, or as it was at another time, and no error says so.
    std::vector<std::string> missing;
    bool is_whole() const {
        return hurt_emails.empty() && hurt_accounts.empty() && altered.empty() && missing.empty();
    }
};

Inspection inspect(power::Ground&, const power::Model& known, DamageLie);

}  // namespace rook::states
