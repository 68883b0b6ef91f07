// Header fields in raw bytes: going over them, unfolding one, picking some (RFC 5322 2.2, 4; RFC
// 7103 7).
//
// Lines end in LF, with or without CR before it; a CR elsewhere is white space. Only when the first
// line of the bytes ends in a bare CR does every CR end a line (text from very old Macintoshes).
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/ascii.h"

namespace rook::message {

enum class LineEnds : std::uint8_t { Lf, CrToo };
constexpr std::size_t kMostCrs = 1000;  // so many CRs in a row are lines, whatever follows
LineEnds line_ends_of(std::string_view text);
// The first line of `text` with its end; all of it when it has none.
std::string_view first_line(std::string_view text, LineEnds);

// A name, no white space but before the colon.
bool is_field_line(std::string_view line);
// Whether a line that is no field goes on with the field whose last line is `before`, though the
// white space that folding asks for is missing: parameters are still to come.
bool wants_continuation(std::string_view before);
// The line that mbox files and some servers put before the header.
bool is_mbox_line(std::string_view line);

struct Field {
    std::string_view name;
    std::string_view value;  // behind the colon, with folds, without the last line end
    std::string_view raw;    // all of it, with its line ends
};

// Goes over the fields; lines that are no field and continue none are left out, and an empty line
// ends it.
class FieldReader {
public:
    explicit FieldReader(std::string_view header) : rest_(header), ends_(line_ends_of(header)) {
        if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);  // a byte order mark
    }
    std::optional<Field> next();

private:
    std::string_view rest_;
    LineEnds ends_;
};

// The value of the first field of that name, with its folds.
std::optional<std::string_view> find_field(std::string_view header, std::string_view name);

// Without line ends and NULs, and without white space around it.
std::string unfold(std::string_view value);

enum class Pick : std::uint8_t { Only, AllBut };
using FieldNames = std::set<std::string, ILess>;
// HEADER.FIELDS and HEADER.FIELDS.NOT (RFC 9051 6.4.5.1): the fields as they came, in their order,
// and the empty line if the header has one.
std::string pick_fields(std::string_view header, const FieldNames&, Pick);

}  // namespace rook::message
