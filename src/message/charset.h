// Any charset to UTF-8. ICU stays behind charset.cpp.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace rook::message {

// Whether text in it can be converted (SEARCH CHARSET, RFC 9051 6.4.4).
bool is_known_charset(std::string_view name);

// All of `bytes` as valid UTF-8. Never fails: what is no character becomes U+FFFD. An unknown or
// missing charset, and 8-bit bytes in US-ASCII, are taken as UTF-8 when they are that and as
// windows-1252 otherwise; ISO-8859-1 is read as windows-1252 too, as browsers do.
std::string to_utf8(std::string_view bytes, std::string_view charset);

// The same in pieces. (The guess for an unknown charset is made on each piece.)
class Utf8Converter {
public:
    explicit Utf8Converter(std::string_view charset);
    ~Utf8Converter();
    Utf8Converter(Utf8Converter&&) noexcept;
    void feed(std::string_view bytes, std::string& out);
    void finish(std::string& out);

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rook::message
