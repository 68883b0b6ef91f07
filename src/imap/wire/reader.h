// Cuts the bytes of a client into commands (RFC 9051 2.2.1): lines, and the literals in them. No
// I/O; the same function that the fuzzer calls.
//
// A command comes out as one piece of text with its literals inline ("a LOGIN {5}\r\nalice x"), the
// form that wire/args.h reads. Each literal is announced before a byte of it is taken, and the
// session decides: a part of the command, a stream, or refused. Memory is held for bytes that came,
// within the limits, never for bytes that were promised.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rook::imap::wire {

// "{12}" and its kin at the end of a line.
struct Literal {
    std::uint64_t size = 0;     // saturates: a number too long is as large as can be
    bool synchronizing = true;  // the client waits for "+"
    bool is_binary = false;     // literal8, "~{12}" (RFC 3516)
};
// The literal that `line`, without its line end, announces.
std::optional<Literal> literal_at_end(std::string_view line);

class Reader {
public:
    struct Limits {
        std::size_t line;     // of the command's text without its literals
        std::size_t command;  // with its literals, streams apart
    };
    enum class What : std::uint8_t {
        NeedMore,     // feed what comes next
        NeedLiteral,  // call accept_literal(), stream_literal(), skip() or forget()
        Chunk,        // bytes of a streamed literal
        Line,         // a command is complete
        Skipped,      // the end of a command that was being skipped
        TooLong,      // what follows cannot be told from a command: say so and close
    };
    struct Event {
        What what = What::NeedMore;
        std::size_t taken = 0;  // of the input
        // Line: the command, without its line end. NeedLiteral: all of it so far, up to and with
        // the line end behind the literal's head. Chunk: the bytes. Valid until the next call, and
        // as long as the input.
        std::string_view text = {};
        Literal literal = {};
    };
    enum class Literals : std::uint8_t { Read, None };  // None: SASL responses, DONE

    explicit Reader(Limits limits) : limits_(limits) {}
    void set_limits(Limits limits) { limits_ = limits; }

    Event feed(std::string_view input, Literals = Literals::Read);

    // After NeedLiteral. False, and nothing is accepted, when the command would exceed its limit.
    bool accept_literal();
    // Its bytes come as Chunks; the text so far is forgotten, and what follows the literal comes as
    // a Line of its own.
    void stream_literal();
    // Throws away the non-synchronizing literal and the rest of its command; Skipped says when it
    // is over.
    void skip();
    // As if nothing had been read: the synchronizing literal was refused, so it will not come.
    void forget();
    // Frees what the last event's text showed.
    void release();

    std::size_t memory() const { return buffer_.capacity() + given_.capacity(); }

private:
    enum class Mode : std::uint8_t { Line, Literal, Stream, Skip };
    Event feed_line(std::string_view input, Literals);
    Event feed_literal(std::string_view input);
    Event feed_skip(std::string_view input);

    Limits limits_;
    std::string buffer_;  // the command so far, when it did not come in one piece
    std::string given_;   // what the last event's text shows, when it is not the input
    std::uint64_t literal_left_ = 0;
    Literal announced_;
    std::size_t line_bytes_ = 0;  // text read of this command, literals not counted
    std::size_t line_begin_ = 0;  // where the current line begins in buffer_
    Mode mode_ = Mode::Line;
};

}  // namespace rook::imap::wire
