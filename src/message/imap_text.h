// ENVELOPE, BODY and BODYSTRUCTURE as IMAP writes them (RFC 9051 7.5.2, RFC 3501 7.4.2).
//
// Strings are quoted when they can be and literals otherwise; 8-bit bytes are kept, in literals;
// NUL is never written.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "message/fields.h"
#include "message/summary.h"

namespace rook::message {

void append_imap_string(std::string& out, std::string_view text);
// NIL when empty.
void append_imap_nstring(std::string& out, std::string_view text);
// ("name" "value" ...), NIL when there are none.
std::string imap_parameters(const std::vector<Parameter>&);
std::string imap_envelope(const MessageFields&);

// What of a part is only needed for its texts: made when its header is read.
struct PartTexts {
    std::string parameters = "NIL";
    std::string disposition_parameters = "NIL";
    std::string envelope;  // of the message in a message part
};

enum class BodyForm : std::uint8_t { Body, BodyStructure };
// Not recursive. `texts` has an element for each part. Multiparts have children and message parts
// one.
std::string imap_body(const std::vector<Part>&, const std::vector<PartTexts>& texts, BodyForm);

}  // namespace rook::message
