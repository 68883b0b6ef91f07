#include "base/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <type_traits>
#include <unordered_set>

namespace rook {
namespace {

// Numbers of different meaning do not mix.
static_assert(!std::is_convertible_v<Uid, Seq> && !std::is_convertible_v<std::uint32_t, Uid>);
static_assert(!std::is_convertible_v<MailboxId, EmailId>);

TEST(Ids, TextForms) {
    EXPECT_EQ(to_text(MailboxId{{1}, 2}), "M1_2");
    EXPECT_EQ(to_text(EmailId{{36}, 35}), "E10_z");
    EXPECT_EQ(to_text(ThreadId{{0}, UINT64_MAX}), "T0_3w5e11264sgsf");
    // RFC 8474 7: at most 255 characters of A-Z a-z 0-9 - _.
    EXPECT_EQ(to_text(EmailId{{UINT64_MAX}, UINT64_MAX}).size(), 28u);
}

TEST(Ids, RoundTrip) {
    for (std::uint64_t account : {0ull, 1ull, 35ull, 36ull, 1'000'000ull, ~0ull}) {
        for (std::uint64_t n : {1ull, 35ull, 46'655ull, ~0ull}) {
            auto parsed = parse_object_id('E', to_text(EmailId{{account}, n}));
            ASSERT_TRUE(parsed);
            EXPECT_EQ(parsed->first.v, account);
            EXPECT_EQ(parsed->second, n);
        }
    }
}

TEST(Ids, OneSpellingEach) {
    using namespace std::string_view_literals;
    for (auto text : {""sv,
                      "E"sv,
                      "E1"sv,
                      "_"sv,
                      "E_"sv,
                      "E1_"sv,
                      "E_1"sv,
                      "e1_1"sv,
                      "M1_1"sv,
                      "E1_1 "sv,
                      " E1_1"sv,
                      "E01_1"sv,
                      "E1_01"sv,
                      "E1_A"sv,
                      "E-1_1"sv,
                      "E+1_1"sv,
                      "E1_1_1"sv,
                      "E1__1"sv,
                      "E1_3w5e11264sgsg"sv /* 2^64 */,
                      "E1_\0"sv,
                      "E1_1\0"sv}) {
        EXPECT_FALSE(parse_object_id('E', text)) << text;
    }
}

TEST(Ids, OrderAndHash) {
    EXPECT_LT((EmailId{{1}, 9}), (EmailId{{2}, 1}));
    EXPECT_LT((EmailId{{1}, 1}), (EmailId{{1}, 2}));
    EXPECT_FALSE(EmailId{});
    EXPECT_TRUE((EmailId{{0}, 1}));
    IdHash<EmailId> hash;
    std::set<std::size_t> seen;
    for (std::uint64_t account = 0; account < 100; ++account) {
        for (std::uint64_t n = 0; n < 100; ++n) seen.insert(hash(EmailId{{account}, n}));
    }
    EXPECT_EQ(seen.size(), 10'000u);
    std::unordered_set<AccountId, IdHash<AccountId>> accounts{{1}, {2}, {1}};
    EXPECT_EQ(accounts.size(), 2u);
}

}  // namespace
}  // namespace rook
