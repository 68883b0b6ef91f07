#include "imap/wire/writer.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/mutf7.h"
#include "base/utf8.h"
#include "imap/wire/args.h"

namespace rook::imap::wire {

namespace {

// Longer texts go as literals: some clients read quoted strings into short buffers.
constexpr std::size_t kMaxQuoted = 1000;

bool can_be_quoted(std::string_view text, Style style) {
    if (text.size() > kMaxQuoted) return false;
    bool is_8bit_text = false;
    for (const char c : text) {
        if (c == '\r' || c == '\n' || c == '\0') return false;
        is_8bit_text |= is_8bit(c);
    }
    return !is_8bit_text || (style.utf8 && is_valid_utf8(text));
}

}  // namespace

// By what was written last, never by its bytes: a literal may end in anything.
void Writer::blank() {
    if (!fresh_) out_ += ' ';
    fresh_ = false;
}

Writer& Writer::line(std::string_view words) {
    out_.append("* ").append(words);
    fresh_ = false;
    return *this;
}

Writer& Writer::line(std::uint64_t n, std::string_view word) {
    out_ += "* ";
    fresh_ = true;
    return number(n).atom(word);
}

Writer& Writer::end() {
    out_ += "\r\n";
    fresh_ = true;
    return *this;
}

Writer& Writer::atom(std::string_view word) {
    blank();
    out_ += word;
    return *this;
}

Writer& Writer::number(std::uint64_t v) {
    blank();
    char digits[20];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), v).ptr;
    out_.append(digits, end);
    return *this;
}

Writer& Writer::quoted(std::string_view text) {
    blank();
    out_ += '"';
    for (;;) {
        const auto plain = std::min(text.find_first_of("\"\\"), text.size());
        out_ += text.substr(0, plain);
        if (plain == text.size()) break;
        out_.append({'\\', text[plain]});
        text.remove_prefix(plain + 1);
    }
    out_ += '"';
    return *this;
}

Writer& Writer::string(std::string_view text) {
    return can_be_quoted(text, style_) ? quoted(text) : literal(text);
}

Writer& Writer::astring(std::string_view text) {
    // NIL is a word of its own: the name goes quoted.
    const bool is_atom = !text.empty() && std::all_of(text.begin(), text.end(), is_astring_char) &&
                         !iequals(text, "NIL");
    return is_atom ? atom(text) : string(text);
}

Writer& Writer::mailbox(std::string_view name) {
    return style_.utf8 ? astring(name) : astring(mutf7_encode(name));
}

Writer& Writer::literal(std::string_view bytes) { return literal_head(bytes.size()).raw(bytes); }

Writer& Writer::literal_head(std::uint64_t bytes) {
    atom("{");
    fresh_ = true;
    return number(bytes).raw("}\r\n");
}

Writer& Writer::literal8_head(std::uint64_t bytes) {
    atom("~{");
    fresh_ = true;
    return number(bytes).raw("}\r\n");
}

Writer& Writer::open() {
    atom("(");
    fresh_ = true;
    return *this;
}

Writer& Writer::close() { return raw(")"); }

Writer& Writer::open_code(std::string_view word) { return atom("[").raw(word); }

Writer& Writer::close_code() { return raw("]"); }

Writer& Writer::text(std::string_view words) {
    blank();
    if (words.empty()) out_ += '.';  // RFC 3501: the text is never empty
    for (const char c : words) {
        const bool passes = !is_ctl(c) && (style_.utf8 || !is_8bit(c));
        out_ += passes ? c : '?';
    }
    return *this;
}

}  // namespace rook::imap::wire
