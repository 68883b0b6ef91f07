// What switches CONDSTORE on, other than ENABLE (RFC 7162 3.1).
#pragma once

namespace rook::imap {

class Session;

// A command that uses modseqs was given. The first one is answered with the HIGHESTMODSEQ of the
// selected mailbox.
void use_condstore(Session&);

}  // namespace rook::imap
