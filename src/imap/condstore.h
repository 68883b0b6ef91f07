// What switches CONDSTORE on (RFC 7162 3.1).
#pragma once

namespace rook::imap {

class Session;

// A command that uses modseqs was given. The first one is answered with the HIGHESTMODSEQ of the
// selected mailbox, if there is one. Not while a line is being written.
void use_condstore(Session&);
void tell_highest_modseq(Session&);

}  // namespace rook::imap
