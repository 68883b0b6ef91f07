// The operations that are cut short.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "power/power_world.h"

namespace rook::power {

// One operation, acknowledged when `run` is fine.
struct Step {
    std::string name;
    std::function<Result<>(World&)> run;
    // What it does to the model, in the order in which it may become durable: one for what is
    // atomic, one a part where account.h says page by page. Accounts are apart from one another.
    using Part = std::function<void(Model&)>;
    std::vector<Part> parts;
};
using Script = std::vector<Step>;

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
