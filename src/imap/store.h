// STORE's socket: modifiers (RFC 4466 2.5).
#pragma once

#include <string_view>

#include "base/result.h"
#include "imap/wire/args.h"
#include "mailbox/account.h"

namespace rook::imap {

struct StoreModifier {
    std::string_view name;
    Result<> (*parse)(wire::Args&, mailbox::FlagEdit&) = nullptr;
};

}  // namespace rook::imap
