// Words, quoted strings, comments and domain literals of structured header fields (RFC 5322 3.2).
// Not recursive; linear: the search for an end that is not there is made once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rook::message {

class Tokens {
public:
    enum class Kind : std::uint8_t { End, Word, Quoted, Literal, Special };
    struct Token {
        Kind kind = Kind::End;
        std::string
            text;  // without quotes and escapes; a literal with its brackets; a special is one byte
        bool space_before = false;  // white space or a comment
    };

    // `specials` end a word and are tokens of their own.
    Tokens(std::string_view value, std::string_view specials) : rest_(value), specials_(specials) {}
    Token next();
    // The content of the last comment passed over.
    const std::string& last_comment() const { return comment_; }
    void forget_comment() { comment_.clear(); }

private:
    bool skip_comment();
    bool read_enclosed(char open, char close, std::string& text);

    std::string_view rest_, specials_;
    std::string comment_;
    bool may_quote_ = true, may_comment_ = true, may_literal_ = true;
};

}  // namespace rook::message
