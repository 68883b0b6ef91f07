// STATUS=SIZE (RFC 8438) and STATUS DELETED (RFC 9051 6.3.11).
#include "imap/command_list.h"

namespace rook::imap::extensions {

namespace {

constexpr StatusItem status_items[] = {
    {"SIZE",
     [](Session&, const mailbox::MailboxInfo& box, wire::Writer& r) { r.number(box.size); }},
    {"DELETED", [](Session&, const mailbox::MailboxInfo& box,
                   wire::Writer& r) { r.number(std::uint64_t{box.deleted}); }},
};

}  // namespace

extern const Extension status_size{
    .name = "STATUS=SIZE",
    .rfc = "8438",
    .capability = "STATUS=SIZE",
    .status_items = status_items,
};

}  // namespace rook::imap::extensions
