// The Summary: all that lists, FETCH, SORT, THREAD and header SEARCH need of a message, made once
// when it arrives.
//
// parse (parser.h) makes a Summary in one linear pass; encode() turns it into the record that is
// stored; SummaryView reads single fields out of that record without decoding the rest. Limits end
// in a flat structure (one text/plain or application/octet-stream part), never in an error: the
// message stays downloadable byte for byte. RFC 5322, 2045-2047, 2231, 6532, 7103; texts for IMAP
// as RFC 9051 7.5.2 wants them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace rook::message {

// Stamped into every record; a record with an older one is derived again in the background. Raise
// it when the parser's answers change.
constexpr std::uint16_t kParserVersion = 1;

struct Address {
    std::string name;     // decoded display name, UTF-8
    std::string mailbox;  // local part; the group's name in the entry that opens a group
    std::string host;     // empty in group markers
    enum class Kind : std::uint8_t { Mailbox, GroupStart, GroupEnd } kind = Kind::Mailbox;
};

// A body part, in preorder. Offsets are into the message's bytes as stored.
struct Part {
    std::int32_t parent = -1;  // index of the containing part, -1 for the root
    std::uint32_t number = 0;  // 1-based place in its multipart parent, 1 for the single body of a
                               // root or message/rfc822 (RFC 9051 6.4.5.1)
    std::uint64_t
        header_begin = 0,
        header_end = 0;  // its MIME header (with the empty line); for the root the message's header
    std::uint64_t body_begin = 0,
                  body_end = 0;  // encoded body, without the CRLF that belongs to the boundary
    std::uint32_t lines = 0;     // lines of the encoded body (text and message parts)
    std::string type = "text", subtype = "plain";  // lower case
    std::vector<std::pair<std::string, std::string>>
        parameters;  // names lower case, RFC 2231 joined and decoded to UTF-8
    std::string id, description, md5, language, location;  // raw field values, unfolded
    std::string encoding = "7bit";                         // Content-Transfer-Encoding, lower case
    std::string disposition;                               // lower case; empty when absent
    std::vector<std::pair<std::string, std::string>> disposition_parameters;
    bool is_multipart() const { return type == "multipart"; }
    bool is_message() const {
        return type == "message" && (subtype == "rfc822" || subtype == "global");
    }
};

struct Summary {
    std::uint64_t size = 0;         // of the message in bytes
    std::uint64_t header_size = 0;  // with the empty line after it
    std::optional<std::int64_t>
        sent;                    // Date:, seconds since 1970 UTC; absent when missing or unreadable
    std::int32_t sent_zone = 0;  // minutes east of UTC
    std::string subject;         // decoded, UTF-8, unfolded
    std::string base_subject;    // RFC 5256 2.1, UTF-8, for threads and SORT
    std::vector<Address> from, sender, reply_to, to, cc,
        bcc;                 // sender and reply_to fall back to from
    std::string message_id;  // without <>; empty when absent
    std::vector<std::string>
        references;  // References, then In-Reply-To, without <>, oldest first, at most 50
    bool has_attachment = false;
    std::string preview;      // first readable text, white space folded, at most 256 characters of
                              // UTF-8 (RFC 8970)
    std::string header;       // the raw header bytes [0, header_size), at most 256 KB of them
    std::vector<Part> parts;  // never empty: [0] is the root

    // Ready for FETCH, as RFC 9051 7.5.2 writes them, with strings quoted or as literals. 8-bit
    // bytes of the header are kept as they are, in literals.
    std::string imap_envelope;       // "(...)"
    std::string imap_body;           // BODY without extension data
    std::string imap_bodystructure;  // BODYSTRUCTURE
};

std::string encode(const Summary&);

// Reads fields of an encoded Summary in place. Views live as long as the record.
class SummaryView {
public:
    // Corrupt when the record makes no sense.
    static Result<SummaryView> open(std::string_view record);

    std::uint16_t parser_version() const { return parser_version_; }
    std::uint64_t size() const { return size_; }
    std::uint64_t header_size() const { return header_size_; }
    std::optional<std::int64_t> sent() const { return sent_; }
    std::int32_t sent_zone() const { return sent_zone_; }
    bool has_attachment() const { return has_attachment_; }
    std::string_view subject() const { return field(0); }
    std::string_view base_subject() const { return field(1); }
    std::string_view message_id() const { return field(2); }
    std::string_view preview() const { return field(3); }
    std::string_view header() const { return field(4); }
    std::string_view imap_envelope() const { return field(5); }
    std::string_view imap_body() const { return field(6); }
    std::string_view imap_bodystructure() const { return field(7); }
    // Decoded on each call.
    std::vector<std::string> references() const;
    enum class Role : std::uint8_t { From, Sender, ReplyTo, To, Cc, Bcc };
    std::vector<Address> addresses(Role) const;
    Result<std::vector<Part>> parts() const;

private:
    static constexpr int kFields = 11;  // the eight above, references, addresses, parts
    std::string_view field(int i) const { return fields_[i]; }
    std::uint16_t parser_version_ = 0;
    std::uint64_t size_ = 0, header_size_ = 0;
    std::optional<std::int64_t> sent_;
    std::int32_t sent_zone_ = 0;
    bool has_attachment_ = false;
    std::string_view fields_[kFields];
};

}  // namespace rook::message
