// The sockets of SELECT and EXAMINE (RFC 9051 6.3.2, RFC 4466 2.1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "imap/command.h"
#include "imap/feature.h"
#include "mailbox/account.h"

namespace rook::imap {

// SELECT or EXAMINE as asked.
struct SelectRequest {
    std::string name;
    mailbox::Account::Access access = mailbox::Account::Access::ReadWrite;
    std::vector<Feature> enables;  // once the mailbox is selected
};

struct SelectParameter {
    std::string_view name;
    // Reads what follows the name.
    Result<> (*parse)(wire::Args&, SelectRequest&) = nullptr;
};

// Writes one untagged line of the answer, or nothing.
struct SelectAnswer {
    std::string_view name;  // the response code
    void (*write)(Session&, const mailbox::MailboxInfo&, wire::Writer&) = nullptr;
};

}  // namespace rook::imap
