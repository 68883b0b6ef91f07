// SASL-IR (RFC 4959): AUTHENTICATE with its first response on the line (commands/authenticate.cpp).
#include "imap/command_list.h"

namespace rook::imap::extensions {

extern const Extension sasl_ir{
    .name = "SASL-IR",
    .rfc = "4959",
    .capability = "SASL-IR",
    .is_for_strangers = true,
};

}  // namespace rook::imap::extensions
