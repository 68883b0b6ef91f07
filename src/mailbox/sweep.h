// Removes what a crash or a failed commit left of emails and copies that were being staged (Z
// records).
#pragma once

#include "base/ids.h"
#include "base/result.h"
#include "store/store.h"

namespace rook::mailbox {

// Chunks of emails that never arrived. Only when nobody can be staging: as the account is loaded.
Result<> sweep_staged_emails(store::Store&, AccountId);
// Pages of copies that never became visible, and their places in the emails. With no transaction
// under way.
Result<> sweep_staged_copies(store::Store&, AccountId);

}  // namespace rook::mailbox
