// IMAP4rev2 (RFC 9051) beside IMAP4rev1: what changes changes with ENABLE, where it is written
// (search for Feature::Rev2).
#include "imap/command_list.h"

namespace rook::imap::extensions {

namespace {

constexpr EnableName enable_names[] = {{"IMAP4rev2", Feature::Rev2}};

}  // namespace

extern const Extension rev2{
    .name = "IMAP4rev2",
    .rfc = "9051",
    .enable = enable_names,
};

}  // namespace rook::imap::extensions
