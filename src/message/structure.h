// The tree of body parts while a message is read: what a header opens, what a delimiter line closes
// (RFC 2046 5.1).
//
// Used by parser.cpp, which finds lines and headers and knows nothing of MIME.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "message/fields.h"
#include "message/imap_text.h"
#include "message/parser.h"
#include "message/summary.h"

namespace rook::message {

// A place in the message: the offset and how many lines ended before it.
struct Place {
    std::uint64_t offset = 0, lines = 0;
};

class Structure {
public:
    explicit Structure(const ParserLimits& limits) : limits_(limits) {}

    enum class Next : std::uint8_t { Header, Body };

    // The message's own header begins.
    void begin_root();
    // The header being read ended: [header_begin, header_end). Says what comes at `body`: a body,
    // or the header of the message in a message part.
    Next end_header(std::string_view header, std::uint64_t header_end, Place body);

    // Whether a line of the body can be a delimiter now.
    bool has_boundaries() const { return boundaries_ > 0; }
    struct Delimiter {
        std::size_t level;  // of the multipart
        bool closes;
    };
    // `line` without its line end. Innermost first; the whole line must be it, white space at its
    // end apart.
    std::optional<Delimiter> match(std::string_view line) const;
    // At a delimiter line. `end`: where the body before it ends, `after`: behind the line.
    Next take(Delimiter, Place end, Place after);

    // Bytes of a body, in order, delimiter lines too: end of body cuts them off.
    bool wants_text() const { return capturing_; }
    void text(std::string_view bytes);

    // The message ended. Moves parts, IMAP texts, has_attachment and preview into `out`.
    void finish(Place end, Summary& out);

    std::size_t header_limit() const {
        return parts_.size() == 1 ? limits_.header_bytes : limits_.part_header_bytes;
    }
    std::uint64_t header_begin() const { return parts_.back().header_begin; }
    // Whether the header being read is that of a part of a multipart, not that of a message.
    bool is_in_multipart() const {
        auto parent = parts_.back().parent;
        return parent >= 0 && parts_[static_cast<std::size_t>(parent)].is_multipart();
    }
    // Of the message itself; empty until its header ended.
    MessageFields& root_fields() { return root_fields_; }

private:
    struct Open {
        std::size_t part;
        std::string
            boundary;  // empty: a message part, or a multipart whose last delimiter has passed
        std::uint32_t children = 0;
    };
    struct Text {
        std::size_t part = 0;
        bool found = false;
        std::string bytes;
    };

    void begin_part(std::int32_t parent, std::uint32_t number, std::uint64_t header_begin);
    void close_part(std::size_t part, Place& end);
    void close_leaf(Place& end);
    void close_above(std::size_t level, Place end);
    void set_type(std::size_t part, const MimeFields&);
    void flatten(std::size_t part, std::string_view type, std::string_view subtype);
    void begin_leaf(std::size_t part);
    bool has_room() const {
        return parts_.size() < limits_.parts && structure_bytes_ < limits_.structure_bytes;
    }
    bool is_in_message(std::size_t part) const;
    bool has_attachment() const;
    void finish_empty_multiparts();

    ParserLimits limits_;
    std::vector<Part> parts_;
    std::vector<PartTexts> texts_;
    std::vector<std::uint64_t> lines_before_body_;
    std::vector<std::uint8_t> has_child_;
    std::vector<Open> open_;
    std::size_t boundaries_ = 0;  // of open_
    std::size_t structure_bytes_ = 0;
    std::optional<std::size_t> leaf_;
    MessageFields root_fields_;
    Text plain_, html_;
    bool capturing_ = false;
};

}  // namespace rook::message
