// Writes IMAP's data formats (RFC 9051 4): quoted or literal, modified UTF-7 or UTF-8, as the
// session has enabled.
//
// Values are set apart by one blank by themselves; begin with line() and close with end():
//     r.line("LIST").open().atom("\\HasNoChildren").close().quoted("/").mailbox("INBOX").end();
// Threads: one at a time. Appends to a string that it does not own.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace rook::imap::wire {

// What the client understands.
struct Style {
    bool utf8 = false;  // quoted strings and mailbox names in UTF-8 (ENABLE IMAP4rev2)
};

class Writer {
public:
    explicit Writer(std::string& out, Style style = {}) : out_(out), style_(style) {}

    void set_style(Style style) { style_ = style; }
    Style style() const { return style_; }

    // "* " and the words, which are written as they are.
    Writer& line(std::string_view words);
    // "* 5 EXISTS", "* 5 FETCH"
    Writer& line(std::uint64_t number, std::string_view word);
    Writer& end();  // CRLF

    // A value written as it is: an atom, a flag, a sequence set, text made ready elsewhere.
    Writer& atom(std::string_view word);
    Writer& number(std::uint64_t v);
    Writer& number(Uid uid) { return number(uid.v); }
    Writer& number(Seq seq) { return number(seq.v); }
    Writer& number(ModSeq modseq) { return number(modseq.v); }
    // A name and its value: "UID 5".
    template <class Number>
    Writer& number(std::string_view name, Number v) {
        return atom(name).number(v);
    }
    Writer& nil() { return atom("NIL"); }
    // Quoted when it can be, else a literal (never for `quoted`, whose text is our own).
    Writer& string(std::string_view);
    Writer& nstring(std::optional<std::string_view> text) { return text ? string(*text) : nil(); }
    Writer& quoted(std::string_view);
    // An atom when it can be, else a string.
    Writer& astring(std::string_view);
    // `name` in UTF-8.
    Writer& mailbox(std::string_view name);
    Writer& literal(std::string_view);
    // The "{n}" CRLF of a literal, and the "~{n}" CRLF of a literal8; the bytes follow by raw().
    Writer& literal_head(std::uint64_t bytes);
    Writer& literal8_head(std::uint64_t bytes);

    Writer& open();                            // "("
    Writer& close();                           // ")"
    Writer& open_code(std::string_view word);  // "[WORD", closed by close_code()
    Writer& close_code();
    // Bytes with no blank before them.
    Writer& raw(std::string_view bytes) {
        out_ += bytes;
        fresh_ = false;
        return *this;
    }
    // Text that a person reads, to the end of the line: no CR, LF or NUL gets through, and 8-bit
    // only where allowed.
    Writer& text(std::string_view);

    std::size_t size() const { return out_.size(); }

private:
    void blank();
    std::string& out_;
    Style style_;
    bool fresh_ = true;  // no blank before the next value
};

}  // namespace rook::imap::wire
