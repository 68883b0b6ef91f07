// STATUS: items as rows, and the one function that writes its answer (RFC 9051 6.3.11), which LIST
// RETURN (STATUS) uses too.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "imap/feature.h"
#include "imap/wire/args.h"
#include "imap/wire/writer.h"
#include "mailbox/types.h"

namespace rook::imap {

class Session;

struct StatusItem {
    std::string_view name;
    // Writes the value.
    void (*write)(Session&, const mailbox::MailboxInfo&, wire::Writer&) = nullptr;
    // Asking for it switches something on (RFC 7162 3.1).
    Feature enables = Feature::None;
};

// "(MESSAGES UNSEEN)": rows of this folder and of the extensions, which live for ever.
Result<std::vector<const StatusItem*>> read_status_items(wire::Args&);
void write_status(Session&, const mailbox::MailboxInfo&, const std::vector<const StatusItem*>&);

}  // namespace rook::imap
