// Sections of a message: "[1.2.HEADER.FIELDS (From To)]<0.1024>" (RFC 9051 6.4.5.1), read, and
// found in a message's parts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "imap/wire/args.h"
#include "message/header.h"
#include "message/summary.h"

namespace rook::imap {

struct Partial {
    std::uint64_t offset = 0, length = 0;
};

struct Section {
    enum class What : std::uint8_t { All, Header, Fields, FieldsNot, Text, Mime };
    std::vector<std::uint32_t> path;  // part numbers; empty: the message
    What what = What::All;
    message::FieldNames names;
    std::string spelled;  // as it is told back, without the brackets
    std::optional<Partial> partial;
};

// "[...]" and, when it is there, "<offset.length>".
Result<Section> read_section(wire::Args&);
// BINARY's: part numbers only.
Result<Section> read_part_section(wire::Args&);
Result<std::optional<Partial>> read_partial(wire::Args&);

// The parts as a tree, so that a path is followed without looking through all of them.
class PartTree {
public:
    explicit PartTree(std::vector<message::Part> parts);
    const message::Part& root() const { return parts_[0]; }
    // The part that the numbers name; null when there is none. Not of an empty path.
    const message::Part* find(const std::vector<std::uint32_t>& path) const;
    // The message in a message/rfc822 part; null for others.
    const message::Part* message_in(const message::Part&) const;

private:
    std::size_t index(const message::Part& part) const { return &part - parts_.data(); }
    const message::Part* child(const message::Part&, std::uint32_t number) const;
    std::vector<message::Part> parts_;
    std::vector<std::uint32_t> first_;     // of part i in children_; first_[i + 1] is the end
    std::vector<std::uint32_t> children_;  // in their order
};

// Where a section is. Neither: there is no such part.
struct Located {
    struct Range {
        std::uint64_t begin, end;
    };
    std::optional<Range> bytes;  // of the message
    bool is_header = false;      // the fields are to be picked from `bytes`
};
Located locate(const Section&, const PartTree&, const message::SummaryView&);

// [begin, end) cut down to the partial.
Located::Range clip(Located::Range, const std::optional<Partial>&);

}  // namespace rook::imap
