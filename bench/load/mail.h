// Deterministic mail: most of 4 to 20 KB of text, some 75 KB of HTML, a few attachments of 1 MB,
// words by Zipf, so that it compresses and searches as real mail does.
//
// For searches: "platypus" is in half of the texts, "quokka" in less than 1 % of all mail,
// "wombat" in HTML only. No line begins with a dot.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace rook::bench {

enum class Sizes { Mixed, Text, Tiny };

// Message `n`, different from every other in its X-Serial.
std::string mail(std::uint64_t n, Sizes sizes);

}  // namespace rook::bench
