// The repair of an account in which `check` finds something. Pages and emails' records say the same
// twice: what one has lost is made anew from the other; counters, indexes and sums are counted
// anew; a message whose bytes are not whole goes. All numbers that clients compare move on, as
// after a restore (restore.h).
//
// Nobody else may use the account, nor have it in memory. Killed anywhere, it is begun again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "store/store.h"

namespace rook::mailbox {

// What is gone and what came back, a sentence each. `now` is seconds since 1970. Where the records
// cannot all be read, or a newer program wrote them, nothing is changed.
Result<std::vector<std::string>> repair_account(store::Store&, AccountId, std::int64_t now,
                                                std::size_t batch_bytes = 1 << 20);

}  // namespace rook::mailbox
