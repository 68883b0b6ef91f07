// The text of a message as SEARCH sees it: its headers, each field as "name: decoded value" and a
// CRLF, and its text parts, decoded and HTML made readable, all in the normal form
// (message/compare_text.h).
//
// One reader for the signature and for the scan, so that they cannot disagree. Works piece by
// piece: memory does not grow with the message. Threads: one at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "message/compare_text.h"
#include "message/decode.h"
#include "message/source.h"
#include "message/summary.h"

namespace rook::mailbox {

// Raise it when what is read changes: it makes older signatures unused. 0 to 15.
constexpr int kSearchTextVersion = 1;

// The decoded fields of a raw header: what TEXT matches in it.
std::string header_text(std::string_view header);

class SearchText {
public:
    enum class Which : std::uint8_t { Everything, Bodies };
    // `header` (of the message, raw), `parts` and `source` live longer.
    SearchText(std::string_view header, const std::vector<message::Part>& parts,
               message::Source& source, Which which);

    struct Piece {
        std::string_view normal = {};  // until the next read()
        bool is_header = false;        // of a header, else of a text part
        bool is_start = false;         // does not go on from the piece before
        bool is_end = false;           // there is nothing more; no text
    };
    Result<Piece> read();

private:
    Result<> load();
    void begin_text(bool is_header);
    Result<bool> next_text();
    Result<std::optional<Piece>> next_piece();

    std::string_view header_;
    const std::vector<message::Part>& parts_;
    std::string whole_;  // of a small message, which is read at once
    std::optional<message::StringSource> whole_source_;
    message::Source* source_;
    Which which_;
    bool is_loaded_ = false;
    std::size_t part_ = 0;
    bool header_done_ = false;  // of part_
    // The text that is being read.
    std::optional<message::TextReader> reader_;
    std::string decoded_header_;
    message::NormalForm form_;
    bool is_open_ = false, is_header_ = false, is_start_ = false;
    std::string normal_;  // the last piece
};

}  // namespace rook::mailbox
