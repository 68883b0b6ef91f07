// LIST: its sockets, and mailbox names as a tree (RFC 9051 6.3.9, RFC 5258).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "imap/status.h"
#include "imap/wire/args.h"

namespace rook::imap {

// LIST or LSUB as asked.
struct ListRequest {
    std::string reference;
    std::vector<std::string> patterns;  // UTF-8
    bool select_subscribed = false, select_special_use = false, recursive_match = false;
    bool return_subscribed = false, return_special_use = false;
    std::vector<const StatusItem*> status;  // empty: none wanted
    bool is_extended = false;               // more than LIST reference pattern
    bool is_lsub = false;
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

// Writes the whole answer.
void write_list(Session&, const ListRequest&);
// The line that SELECT says of its mailbox, which the client called `given` (RFC 9051 6.3.2).
void write_selected_list(Session&, const mailbox::MailboxInfo&, std::string_view given);
// Tells a client of IMAP4rev2 what a mailbox is called here, when that is not how it spelled the
// name: RFC 9051 5.1 and 6.3.9.7. `attribute` is "" or what is to be said of it.
void tell_name(Session&, std::string_view name, std::string_view given,
               std::string_view attribute = {});
bool is_spelled_so(std::string_view name, std::string_view given);

// "Drafts" for \Drafts (RFC 6154 2); absent for what no mailbox can be told to be.
std::optional<mailbox::Role> role_of(std::string_view name);

}  // namespace rook::imap
