// Which conversation an arriving email belongs to (RFC 8621 3): the one that already has a message
// with which it shares a Message-ID or reference and the base subject. Decided once, when it
// arrives; a link that comes later joins later mail only.
#pragma once

#include "mailbox/txn.h"
#include "message/summary.h"

namespace rook::mailbox {

// Finds the thread, or starts one of the email's own number, and records the email's ids for those
// that follow.
Result<ThreadId> assign_thread(Txn&, EmailId, const message::Summary&);

}  // namespace rook::mailbox
