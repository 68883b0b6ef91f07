#include "directory/address.h"

#include <gtest/gtest.h>

#include "directory/directory.h"

namespace rook::directory {
namespace {

struct Case {
    std::string_view text, want;  // want empty: refused
};

TEST(CanonicalAddress, Table) {
    std::string l64(64, 'a'), l65(65, 'a');
    auto long_domain = std::string(60, 'd') + "." + std::string(60, 'e') + "." +
                       std::string(60, 'f') + "." + std::string(6, 'g');
    const Case cases[] = {
        {"alice@example.org", "alice@example.org"},
        {"Alice@Example.ORG", "alice@example.org"},
        {"alice@example.org.", "alice@example.org"},
        {"a.b+c/d=e@example.org", "a.b+c/d=e@example.org"},
        {"root@localhost", "root@localhost"},
        {"x@[192.0.2.1]", "x@[192.0.2.1]"},
        {"x@[IPv6:2001:DB8::1]", "x@[ipv6:2001:db8::1]"},
        // International: A-labels, NFC, lower case (RFC 6531, UTS 46).
        {"info@B\xc3\xbc"
         "cher.example",
         "info@xn--bcher-kva.example"},
        {"info@xn--bcher-kva.example", "info@xn--bcher-kva.example"},
        {"info@fa\xc3\x9f.example", "info@xn--fa-hia.example"},
        {"info@example\xe3\x80\x82org", "info@example.org"},
        {"J\xc3\x96RG@example.org", "j\xc3\xb6rg@example.org"},
        {"Jo\xcc\x88rg@example.org", "j\xc3\xb6rg@example.org"},
        // Quotes stay only where they are needed.
        {"\"alice\"@example.org", "alice@example.org"},
        {"\"a b\"@example.org", "\"a b\"@example.org"},
        {"\"a\\\"b\"@example.org", "\"a\\\"b\"@example.org"},
        {"\"a@b\"@example.org", "\"a@b\"@example.org"},
        {"\"a..b\"@example.org", "\"a..b\"@example.org"},
        {"\"\"@example.org", "\"\"@example.org"},
        // Refused.
        {"", ""},
        {"alice", ""},
        {"@example.org", ""},
        {"alice@", ""},
        {"alice@.", ""},
        {"a b@example.org", ""},
        {".a@example.org", ""},
        {"a.@example.org", ""},
        {"a..b@example.org", ""},
        {"a@b@example.org", ""},
        {"\"a@example.org", ""},
        {"\"a\"b@example.org", ""},
        {"\"a\\\"@example.org", ""},
        {"a\r\nb@example.org", ""},
        {std::string_view("a\0b@example.org", 15), ""},
        {"\xff@example.org", ""},
        {"a\xe2\x80\xae@example.org", ""},  // right-to-left override
        {"a\xe2\x80\x8b@example.org", ""},  // zero width space
        {"\"a\xc2\xa0\"@example.org", ""},  // no-break space
        {"a@exa_mple.org", ""},
        {"a@-example.org", ""},
        {"a@example-.org", ""},
        {"a@exa..org", ""},
        {"a@exa mple.org", ""},
        {"a@\xff.org", ""},
        {"a@xn--zzzzzzzzzz99.org", ""},
        {"a@[192.0.2.1", ""},
        {"a@[1\\2]", ""},
        {std::string_view("a@exam\0ple.org", 14), ""},
    };
    for (auto& [text, want] : cases) {
        auto got = canonical_address(text);
        EXPECT_EQ(got.has_value(), !want.empty()) << text;
        if (got) EXPECT_EQ(*got, want) << text;
        if (!got) EXPECT_EQ(got.error().why, Why::BadSyntax);
        if (got) EXPECT_EQ(canonical_address(*got).value_or(""), *got) << "not stable: " << text;
    }
    EXPECT_TRUE(canonical_address(l64 + "@example.org"));
    EXPECT_FALSE(canonical_address(l65 + "@example.org"));
    EXPECT_TRUE(canonical_address(l64 + "@" + long_domain));  // 254 bytes
    EXPECT_FALSE(canonical_address(l64 + "@" + long_domain + "g"));
    EXPECT_FALSE(canonical_address("a@" + std::string(64, 'd') + ".org"));
    EXPECT_FALSE(canonical_address(std::string(1'000'000, 'a') + "@example.org"));
    EXPECT_FALSE(canonical_address("a@" + std::string(1'000'000, 'a')));
}

TEST(Halves, SplitAtTheLastAt) {
    auto [local, domain] = halves("\"a@b\"@example.org");
    EXPECT_EQ(local, "\"a@b\"");
    EXPECT_EQ(domain, "example.org");
    EXPECT_EQ(halves("@example.org").domain, "example.org");
    EXPECT_EQ(halves("alice").local, "alice");
}

}  // namespace
}  // namespace rook::directory
