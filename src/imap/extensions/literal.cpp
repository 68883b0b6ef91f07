// LITERAL+ and LITERAL- (RFC 7888): literals that the client sends without waiting.
#include "imap/command_list.h"

namespace rook::imap::extensions {

extern const Extension literal{
    .name = "LITERAL",
    .rfc = "7888",
    // Never both (RFC 7888 5).
    .make_capability = [](const CapabilityInput& input) -> std::string {
        return input.literal_minus ? "LITERAL-" : "LITERAL+";
    },
    .is_for_strangers = true,
};

}  // namespace rook::imap::extensions
