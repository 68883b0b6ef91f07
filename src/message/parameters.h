// Content-Type and Content-Disposition values: a word and parameters (RFC 2045 5.1, 2183, 2231).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rook::message {

struct Parameter {
    std::string name;       // lower case, without RFC 2231's stars
    std::string value;      // decoded, valid UTF-8
    std::string imap_name;  // as BODYSTRUCTURE names it: with a star when RFC 2231 gave it a
                            // charset and it is not ASCII
    std::string imap_value;
};

struct ContentValue {
    std::string word;  // lower case: "text/plain", "attachment"
    std::vector<Parameter> parameters;
    const std::string* find(std::string_view name) const;
};

constexpr std::size_t kMostParameters = 200;

// `value` is unfolded. Linear but for sorting the pieces of continued parameters.
ContentValue parse_content_value(std::string_view value);

// "type/subtype"; absent when it is not that (RFC 2045 5.2: then it is text/plain).
std::optional<std::pair<std::string, std::string>> split_media_type(std::string_view word);

}  // namespace rook::message
