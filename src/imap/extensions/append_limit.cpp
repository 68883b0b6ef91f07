// APPENDLIMIT (RFC 7889): how large a message may be, before it is sent.
#include "imap/command_list.h"
#include "imap/session.h"

namespace rook::imap::extensions {

namespace {

constexpr StatusItem status_items[] = {
    {"APPENDLIMIT", [](Session& s, const mailbox::MailboxInfo&, wire::Writer& r) {
         r.number(s.services().accounts.limits().message_bytes);
     }}};

}  // namespace

extern const Extension append_limit{
    .name = "APPENDLIMIT",
    .rfc = "7889",
    .make_capability =
        [](const CapabilityInput& input) {
            return "APPENDLIMIT=" + std::to_string(input.append_limit);
        },
    .status_items = status_items,
};

}  // namespace rook::imap::extensions
