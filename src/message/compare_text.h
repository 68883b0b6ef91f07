// Text in the form in which it is searched and compared: no case, no compatibility variants (the
// part of i;unicode-casemap, RFC 5051, done with what Unicode offers today).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rook::message {

// Stamped into search signatures: raise it when normal_form's answers change (a new ICU may do
// that).
constexpr std::uint8_t kNormalFormVersion = 1;

// NFKC with case folding (Unicode's NFKC_Casefold). `utf8` should be valid; what is not becomes
// U+FFFD. ASCII text only changes case.
std::string normal_form(std::string_view utf8);

// The same in pieces: feeding a text in any pieces gives what normal_form gives for the whole,
// unless more than 4 KB go by without one ASCII byte, where it may be cut between characters that
// combine.
class NormalForm {
public:
    void feed(std::string_view utf8, std::string& out);
    void finish(std::string& out);

private:
    std::string held_;
};

// Whether the needle occurs. Both are in normal form. Linear; an empty needle occurs everywhere.
bool contains(std::string_view normal_haystack, std::string_view normal_needle);

// Finds a needle in a text that comes in pieces, without keeping the text.
class NeedleFinder {
public:
    explicit NeedleFinder(std::string normal_needle)
        : needle_(std::move(normal_needle)), found_(needle_.empty()) {}
    // True once the needle has been seen.
    bool feed(std::string_view normal_piece);
    bool found() const { return found_; }

private:
    std::string needle_, tail_;
    bool found_;
};

}  // namespace rook::message
