// The scripts that are cut short.
#pragma once

#include <string>

#include "power/power_steps.h"

namespace rook::power {

// Every kind of operation, on few messages. The first steps make the accounts.
Script make_short_script();
// Thousands of entries, so that operations take several batches.
Script make_long_script();
// Creates and changes mail of one account, which exists; no other's. For several threads at once.
Script make_account_script(const std::string& address);
// What every account that came back must still do.
Script make_afterlife(const std::string& address);

// The accounts that the scripts work on.
inline const std::string kAnn = "ann@example.test", kBob = "bob@example.test";
constexpr std::size_t kSetupSteps = 2;  // of the short and the long script: ann and bob exist

}  // namespace rook::power
