// Takes an mbox file apart into its messages.
//
// Four kinds (the file does not say which it is):
//   mboxrd   every line of a message that is "From " behind any number of '>' has one '>' more
//   mboxo    only "From " itself has; a ">From " of the message's own cannot be told from it
//   mboxcl   as mboxrd, and Content-Length says where the message ends
//   mboxcl2  Content-Length alone: nothing is quoted
// A Content-Length that does not lead to the end or to the next separator is not believed.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace rook::admin {

enum class MboxKind : std::uint8_t { Rd, O, Cl, Cl2 };
std::optional<MboxKind> read_mbox_kind(std::string_view);

// A message out of a file.
struct FileMessage {
    std::string bytes;  // with CRLF
    std::optional<std::int64_t> received;
    std::vector<std::string> flags;  // "\\Seen" and keywords
    bool is_too_big = false;         // longer than was asked for; bytes is cut
};

class MboxReader {
public:
    // `in` must be able to seek.
    MboxReader(std::istream& in, MboxKind kind, std::size_t most_bytes);

    // False at the end. BadSyntax when the file is no mbox; Io.
    Result<bool> next(FileMessage&);
    // Bytes of the file that are behind us.
    std::uint64_t position() const { return position_; }

private:
    // A line, or a piece of a very long one.
    struct Line {
        std::string text;  // without its end
        bool begins = true, ends = true;
    };

    bool read_line(Line&);
    void seek(std::uint64_t);
    bool find_separator();
    void add_line(FileMessage&, const Line&);
    void read_header_line(FileMessage&, const Line&);
    bool is_followed(std::uint64_t length);
    bool read_counted_body(FileMessage&, std::uint64_t length);
    void read_body(FileMessage&, bool is_after_blank);
    std::string_view unquoted(std::string_view line) const;

    std::istream& in_;
    const MboxKind kind_;
    const std::size_t most_bytes_;
    std::uint64_t position_ = 0;
    bool at_line_start_ = true;
    std::optional<std::string> separator_;  // of the message that comes next
    std::optional<std::uint64_t> content_length_;
};

}  // namespace rook::admin
