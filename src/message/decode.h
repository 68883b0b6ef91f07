// Content-Transfer-Encodings undone, in pieces of any size: for BINARY (RFC 3516), search,
// previews.
//
// Tolerant: what cannot be base64 or quoted-printable is skipped or kept as it is, never an error.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "message/source.h"
#include "message/summary.h"

namespace rook::message {

enum class Encoding : std::uint8_t { Identity, Base64, QuotedPrintable, Unknown };
Encoding encoding_of(std::string_view content_transfer_encoding);

// Threads: one at a time.
class BodyDecoder {
public:
    explicit BodyDecoder(Encoding encoding) : encoding_(encoding) {}
    void feed(std::string_view encoded, std::string& out);
    void finish(std::string& out);
    // feed() gives the bytes as they are.
    bool is_identity() const {
        return encoding_ == Encoding::Identity || encoding_ == Encoding::Unknown;
    }

private:
    void feed_base64(std::string_view encoded, std::string& out);
    void feed_quoted_printable(std::string_view encoded, std::string& out);
    void end_line(std::string& out);

    Encoding encoding_;
    std::uint32_t bits_ = 0;  // base64: digits that make no byte yet
    int digits_ = 0;
    std::string held_;  // quoted-printable: white space, CR or the start of an escape whose end is
                        // not seen yet
};

std::string decode_all(Encoding, std::string_view encoded);

// The decoded bytes of a part, piece by piece.
class PartReader {
public:
    // `source` lives longer. Encoding::Unknown gives the bytes as they are: ask encoding_of() first
    // where that matters (UNKNOWN-CTE).
    PartReader(Source& source, const Part& part);
    // The next piece, empty at the end.
    Result<std::string> read();

private:
    Source& source_;
    std::uint64_t at_, end_;
    BodyDecoder decoder_;
};

// The text of a text part as UTF-8, piece by piece; HTML becomes plain text when asked.
class TextReader {
public:
    enum class Html : std::uint8_t { Keep, ToText };
    TextReader(Source& source, const Part& part, Html html);
    ~TextReader();
    Result<std::string> read();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rook::message
