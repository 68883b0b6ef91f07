// LIST: its sockets, and mailbox names as a tree (RFC 9051 6.3.9, RFC 5258).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "imap/status.h"
#include "imap/wire/args.h"

namespace rook::imap {

// LIST as asked.
struct ListRequest {
    std::string reference;
    std::vector<std::string> patterns;  // UTF-8
    bool select_subscribed = false, select_special_use = false, recursive_match = false;
    bool return_subscribed = false, return_children = false, return_special_use = false;
    std::vector<const StatusItem*> status;  // empty: none wanted
    bool is_extended = false;               // more than LIST reference pattern
};

struct ListSelection {
    std::string_view name;
    void (*apply)(ListRequest&) = nullptr;
};

struct ListReturn {
    std::string_view name;
    // Reads what follows the name.
    Result<> (*parse)(wire::Args&, ListRequest&) = nullptr;
};

}  // namespace rook::imap
