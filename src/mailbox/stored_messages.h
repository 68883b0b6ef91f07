// Messages of an account in a store that is only read, such as a backup: found by looking through
// all of it, without an account in memory.
//
// Threads: any.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mailbox/types.h"
#include "store/store.h"

namespace rook::mailbox {

// All that is given must be so.
struct MessageWish {
    std::optional<std::string> mailbox;  // by name
    std::optional<Uid> uid;
    std::optional<EmailId> email;
    std::string message_id;  // without <>; any when empty
};

struct StoredMessage {
    std::string mailbox;
    Entry entry;
    std::vector<std::string> keywords;
};

// Its bytes: open_body() of mailbox/body.h. Damaged pages and Summaries hide what they hold.
Result<std::vector<StoredMessage>> find_messages(const store::Store&, AccountId,
                                                 const MessageWish&);

}  // namespace rook::mailbox
