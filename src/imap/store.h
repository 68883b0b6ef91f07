// STORE's socket: modifiers (RFC 4466 2.5).
#pragma once

#include <string_view>

#include "base/result.h"
#include "imap/feature.h"
#include "imap/wire/args.h"
#include "mailbox/account.h"

namespace rook::imap {

struct StoreModifier {
    std::string_view name;
    // Reads what follows the name.
    Result<> (*parse)(wire::Args&, mailbox::FlagEdit&) = nullptr;
    // Using it switches something on.
    Feature enables = Feature::None;
};

}  // namespace rook::imap
