#include "base/mutf7.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace rook {
namespace {

TEST(Mutf7, BothWays) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},
        {"INBOX", "INBOX"},
        {"A & B", "A &- B"},
        {"~peter/mail/\xE5\x8F\xB0\xE5\x8C\x97/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E",
         "~peter/mail/&U,BTFw-/&ZeVnLIqe-"},  // RFC 3501 5.1.3
        {"Entw\xC3\xBCrfe", "Entw&APw-rfe"},
        {"&\xC3\xBC&", "&-&APw-&-"},
        {"\xF0\x9F\x98\x80", "&2D3eAA-"},
        {"a\tb", "a&AAk-b"},
        {"\x7F", "&AH8-"},
    };
    for (auto& [name, wire] : cases) {
        EXPECT_EQ(mutf7_encode(name), wire);
        EXPECT_EQ(mutf7_decode(wire), name);
    }
    EXPECT_EQ(mutf7_encode("\xFF"), "&,,0-");
}

TEST(Mutf7, RefusesWhatHasAnotherSpelling) {
    for (std::string_view bad : {
             "&",                   // open shift
             "&APw",                // the same
             "&AP*-",               // not base64
             "&AP/8-",              // "/" is not in the alphabet here
             "&APw=-",              // padding
             "&APx-",               // spare bits set
             "&AAAA-",              // one unit and a half
             "&A-",                 // no unit
             "&ACY-",               // "&" has its own spelling
             "&AGE-",               // printable ASCII in a shift
             "&U,BTFw-&ZeVnLIqe-",  // a shift behind a shift
             "&2D0-",               // lone high surrogate
             "&3gA-",               // lone low surrogate
             "&2D0AYQ-",            // high surrogate and a letter
             "a\tb",                // control byte
             "Entw\xC3\xBCrfe",     // 8-bit
             "\x7F",
         }) {
        EXPECT_EQ(mutf7_decode(bad), std::nullopt) << bad;
    }
}

TEST(Mutf7, EveryCharacterComesBack) {
    for (char32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 37) {
        std::string name = "x";
        append_utf8(name, c);
        name += "y";
        ASSERT_EQ(mutf7_decode(mutf7_encode(name)), name);
    }
}

}  // namespace
}  // namespace rook
