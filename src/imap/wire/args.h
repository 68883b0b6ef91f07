// Reads a command's arguments (RFC 9051 9) from its bytes, with its literals inline as they came.
//
// Every reader either takes its value or fails with BadSyntax and a sentence that says what was
// wanted; nothing here recurses. Threads: one at a time. Borrows the text: string_views from it
// live as long as that.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/date.h"
#include "base/ranges.h"
#include "base/result.h"
#include "mailbox/types.h"

namespace rook::imap::wire {

// A sequence-set as it was written: "1:5,7,*" or "$". What it means is known only to a session
// with a selected mailbox: Session::resolve().
struct NumberSet {
    static constexpr std::uint32_t kStar = 0;  // "*", which no number is
    struct Range {
        std::uint32_t first, last;  // in the order written
    };
    std::vector<Range> ranges;
    bool is_saved = false;  // "$" (RFC 5182)
};

class Args {
public:
    struct Options {
        bool utf8 = false;  // mailbox names and quoted strings are UTF-8 (ENABLE IMAP4rev2)
    };
    Args(std::string_view text, Options options) : all_(text), options_(options) {}
    explicit Args(std::string_view text) : Args(text, Options{}) {}

    bool at_end() const { return at_ == all_.size(); }
    // Nothing more may come.
    Result<> end() const;
    // One blank.
    Result<> space();
    // The next byte, 0 at the end.
    char peek() const { return at_end() ? '\0' : all_[at_]; }
    bool take(char c);
    Result<> expect(char c);
    // Takes the word, in any case, when it comes next and ends there (nothing of an atom follows).
    bool take_word(std::string_view word);
    // What is not yet read.
    std::string_view rest() const { return all_.substr(at_); }

    Result<std::string_view> atom();
    Result<std::string> astring();
    Result<std::string> string();                  // quoted or literal
    Result<std::optional<std::string>> nstring();  // NIL is absent
    Result<std::string> pattern();                 // list-mailbox: UTF-8, wildcards kept
    Result<std::string> mailbox();                 // UTF-8, spelled as it came
    Result<std::uint32_t> number();
    Result<std::uint32_t> nz_number();
    Result<std::uint64_t> number64();  // at most 63 bits
    Result<NumberSet> number_set();
    Result<std::chrono::sys_days> date();    // with or without quotes
    Result<DateTime> date_time();            // quoted
    Result<mailbox::FlagList> flags();       // "(...)"
    Result<mailbox::FlagList> bare_flags();  // one or more without the parentheses
    // Runs `one` for each value of "(a b c)"; the values are set apart by one blank. An empty list
    // is an error unless `empty_too`.
    enum class Empty : std::uint8_t { Allowed, Refused };
    template <class One>
    Result<> list(Empty empty, One&& one) {
        if (auto done = expect('('); !done) return done;
        if (take(')')) return empty == Empty::Allowed ? Result<>{} : bad("something in the list");
        for (;;) {
            if (Result<> done = one(*this); !done) return done;
            if (take(')')) return {};
            if (auto done = space(); !done) return done;
        }
    }
    // One tagged-ext-val or any value in nested lists: thrown away.
    Result<> skip_value();
    // The text ends with a literal's head right here: the bytes are still to come.
    bool at_open_literal() const;

    bool utf8() const { return options_.utf8; }
    std::size_t position() const { return at_; }
    std::unexpected<Error> bad(std::string_view what) const;

private:
    Result<std::string> quoted();
    Result<std::string> literal();
    Result<std::string> decode_name(std::string text) const;
    template <class Allowed>
    std::string_view run(Allowed&& allowed);
    Result<> add_flag(mailbox::FlagList&);
    Result<std::uint32_t> set_number();

    std::string_view all_;
    std::size_t at_ = 0;
    Options options_;
};

// The bytes of grammar's atoms (RFC 9051 9, ATOM-CHAR).
constexpr bool is_atom_char(char c) {
    const auto u = static_cast<unsigned char>(c);
    if (u <= 0x20 || u >= 0x7F) return false;
    return std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
}
constexpr bool is_astring_char(char c) { return is_atom_char(c) || c == ']'; }

}  // namespace rook::imap::wire
