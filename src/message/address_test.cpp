#include "message/address.h"

#include <gtest/gtest.h>

namespace rook::message {
namespace {

// name|route|mailbox|host, "{group", "}" joined by spaces.
std::string list(std::string_view value, std::size_t most = kMostAddresses) {
    std::string out;
    for (auto& a : parse_raw_addresses(value, most)) {
        if (!out.empty()) out += " ";
        switch (a.kind) {
            case Address::Kind::Mailbox:
                out += a.name + "|" + (a.route.empty() ? "" : a.route + "|") + a.mailbox + "|" +
                       a.host;
                break;
            case Address::Kind::GroupStart:
                out += "{" + a.mailbox;
                break;
            case Address::Kind::GroupEnd:
                out += "}";
                break;
        }
    }
    return out;
}

TEST(Address, Lists) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},
        {" , ,", ""},
        {"a@b.c", "|a|b.c"},
        {"<a@b.c>", "|a|b.c"},
        {"Jane Doe <jane@x>", "Jane Doe|jane|x"},
        {"\"Doe, Jane\" <jane@x>, b@y", "Doe, Jane|jane|x |b|y"},
        {"\"a \\\"q\\\" \\\\ b\" <a@x>", "a \"q\" \\ b|a|x"},
        {"jane@x (Jane Doe)", "Jane Doe|jane|x"},
        {"jane@x (Jane (\\) Doe))", "Jane () Doe)|jane|x"},
        {"(c) jane (c) @ (c) x (Jane)", "Jane|jane|x"},
        {"john . q . doe @ example . com", "|john.q.doe|example.com"},
        {"\"john doe\"@x", "|john doe|x"},
        {"J. Q. Public <jq@x>", "J. Q. Public|jq|x"},
        {"=?utf-8?q?J=C3=A9?= <j@x>", "=?utf-8?q?J=C3=A9?=|j|x"},
        {"<@a,@b:c@d>", "|@a,@b|c|d"},
        {"@a:c@d", "|@a|c|d"},
        {"@a,@b:c@d", "||a |@b|c|d"},
        {"a@[192.0.2.1]", "|a|[192.0.2.1]"},
        {"[List] Name <l@x>", "[List] Name|l|x"},
        {"G: a@x, B <b@y>;", "{G |a|x B|b|y }"},
        {"undisclosed-recipients:;", "{undisclosed-recipients }"},
        {"G:;, a@x", "{G } |a|x"},
        {"G: a@x", "{G |a|x }"},
        {"A: a@x; B: b@y;", "{A |a|x } {B |b|y }"},
        {"a@x; b@y", "|a|x |b|y"},
        {"G: <a@x>, H: b@y;", "{G |a|x |Hb|y }"},
        {"just words", "|just words|"},
        {"Jane Doe", "|Jane Doe|"},
        {"Doe, Jane <jane@x>", "|Doe| Jane|jane|x"},
        {"Jane <jane@x", "Jane|jane|x"},
        {"Jane <jane@x, b@y", "Jane|jane|x |b|y"},
        {"Jane <jane@x>>, b@y", "Jane|jane|x |b|y"},
        {"a@x b@y", "|a@xb|y"},
        {"<a@x> <b@y>", "|a|x |b|y"},
        {"a@b@c", "|a@b|c"},
        {"Jane <>", "Jane||"},
        {"<jane>", "|jane|"},
        {"a@x <b@y>", "a@x|b|y"},
        {"\"open <a@x>", "open|a|x"},
        {"(open a@x", "|(opena|x"},
        {"a@[open", "|a|[open"},
        {"jane) @x", "|jane|x"},
        {"a\\", "|a\\|"},
        {"\"a\\", "|a\\|"},
        {"(a\\", "|(a\\|"},
        {"\xC3\xA9 <\xC3\xA9@x>", "\xC3\xA9|\xC3\xA9|x"},
        {":", "{ }"},
        {"@", "||"},
        {"<", "||"},
        {"<<<a@x>>>", "|a|x"},
    };
    for (auto& [value, want] : cases) EXPECT_EQ(list(value), want) << value;
}

TEST(Address, Limit) {
    EXPECT_EQ(list("a@x, b@x, c@x", 2), "|a|x |b|x");
    EXPECT_EQ(list("G: a@x, b@x;", 2), "{G |a|x }");
}

TEST(Address, Decoded) {
    auto a = parse_addresses("=?iso-8859-1?q?J=E9?= <j\xFF@x>, =?utf-8?q?G=C3=A9?=: b@x;");
    ASSERT_EQ(a.size(), 4u);
    EXPECT_EQ(a[0].name, "J\xC3\xA9");
    EXPECT_EQ(a[0].mailbox, "j\xEF\xBF\xBD");
    EXPECT_EQ(a[1].mailbox, "G\xC3\xA9");
    EXPECT_EQ(a[3].kind, Address::Kind::GroupEnd);
    EXPECT_EQ(a[3].host, "");
}

}  // namespace
}  // namespace rook::message
