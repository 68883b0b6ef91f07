// The header fields that a Summary needs, read in one pass each: those of a message, and those of a
// MIME part.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "message/address.h"
#include "message/parameters.h"

namespace rook::message {

// Unfolded, otherwise as written. Of a field that may come once the first counts (RFC 7103 7.5.1);
// address lists of To, Cc and Bcc are joined.
struct MessageFields {
    std::optional<std::string> date, subject, message_id, in_reply_to, references;
    std::vector<RawAddress> from, sender, reply_to, to, cc,
        bcc;  // sender and reply_to fall back to from
};
MessageFields read_message_fields(std::string_view header);

struct MimeFields {
    std::optional<ContentValue> content_type, disposition;
    std::string encoding;  // lower case
    std::string id, description, md5, language, location;
};
MimeFields read_mime_fields(std::string_view header);

}  // namespace rook::message
