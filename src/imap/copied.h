// What COPY and MOVE share: which messages, where to, and COPYUID (RFC 4315 3).
#pragma once

#include <string>

#include "imap/command.h"
#include "imap/session.h"
#include "mailbox/account.h"

namespace rook::imap {

struct CopyRequest {
    By by;
    NumberSet set;
    std::string target;
};
Result<CopyRequest> read_copy(Args&, By);

// "COPYUID 38505 304,319:320 3956:3958", or "" when nothing was copied.
std::string copyuid(const mailbox::CopiedUids&);

// What to say when others have expunged them all: UIDs that are not there are left out without a
// word (RFC 9051 6.4.9).
Result<> all_gone(By);

}  // namespace rook::imap
