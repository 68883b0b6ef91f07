#include "message/encoded_word.h"

#include <gtest/gtest.h>

namespace rook::message {
namespace {

TEST(EncodedWord, Decodes) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},
        {"plain", "plain"},
        // RFC 2047 8
        {"(=?ISO-8859-1?Q?a?=)", "(a)"},
        {"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
        {"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
        {"(=?ISO-8859-1?Q?a?=  \t =?ISO-8859-1?Q?b?=)", "(ab)"},
        {"(=?ISO-8859-1?Q?a_b?=)", "(a b)"},
        {"(=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=)", "(a b)"},
        {"=?ISO-8859-1?Q?Andr=E9?= Pirard", "Andr\xC3\xA9 Pirard"},
        {"=?utf-8?B?w6k=?=", "\xC3\xA9"},
        {"=?UTF-8*en?b?w6k=?=", "\xC3\xA9"},
        {"=?utf-8?B?w6k?=", "\xC3\xA9"},                   // no padding
        {"=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "\xC3\xA9"},   // a character in two words
        {"=?utf-8?B?ww==?= =?utf-8?Q?=A9?=", "\xC3\xA9"},  // and two encodings
        {"=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "\xE6\x97\xA5\xE6\x9C\xAC"},
        {"x=?utf-8?Q?y?=z", "xyz"},  // no white space around
        {"\"=?utf-8?Q?y?=\"", "\"y\""},
        {"=?utf-8?Q?a b?=", "a b"},  // white space inside
        {"=?utf-8?Q?=41?=", "A"},
        {"=?utf-8?Q?=4?= =zz", "=4 =zz"},
        {"=?nonsense?Q?=E9?=", "\xC3\xA9"},   // unknown charset: a guess
        {"=?utf-8?Q?=E9?=", "\xEF\xBF\xBD"},  // not what it says
        {"=?utf-8?X?abc?=", "=?utf-8?X?abc?="},
        {"=?utf-8?Q?abc", "=?utf-8?Q?abc"},
        {"=?utf-8?Q", "=?utf-8?Q"},
        {"=?", "=?"},
        {"=?\?Q?a?=", "=?\?Q?a?="},
        {"=?=?utf-8?Q?a?=", "=?a"},
        {"=?utf-8?Q?\?=", ""},
        {"=?utf-8?Q?a=0D=0ABcc:=00_x?=", "a  Bcc: x"},  // no line end comes back
        {"raw \xC3\xA9", "raw \xC3\xA9"},
        {"raw \xE9 =?utf-8?Q?y?=", "raw \xC3\xA9 y"},
    };
    for (auto& [value, want] : cases) EXPECT_EQ(decode_encoded_words(value), want) << value;
}

}  // namespace
}  // namespace rook::message
