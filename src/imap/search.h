// SEARCH's sockets: keys and return options, which extensions add to (RFC 9051 6.4.4).
#pragma once

#include <string_view>

#include "base/result.h"
#include "imap/wire/args.h"

namespace rook::imap {

struct SearchRequest;

struct SearchKey {
    std::string_view name;
    // Reads the key's arguments and adds it to the request.
    Result<> (*parse)(wire::Args&, SearchRequest&) = nullptr;
};

struct SearchReturn {
    std::string_view name;
    Result<> (*parse)(wire::Args&, SearchRequest&) = nullptr;
};

}  // namespace rook::imap
