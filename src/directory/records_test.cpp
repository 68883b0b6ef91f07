#include "directory/records.h"

#include <gtest/gtest.h>

namespace rook::directory {
namespace {

Account full_account() {
    Account a;
    a.id = AccountId{0x0102030405060708};
    a.address = "alice@example.org";
    a.password = "$argon2id$x";
    a.scram = {600'000, "salt", std::string(32, '\1'), std::string(32, '\2')};
    a.next_app_password = 9;
    a.app_passwords = {{7, "phone", 3, -5, {4096, "s", "k", "v"}}, {8, "", 0, 12, {}}};
    a.protocols = 5;
    a.quota_bytes = 1ull << 40;
    a.created = 1'700'000'000;
    return a;
}

TEST(Records, AccountRoundTrip) {
    auto a = full_account();
    auto got = read_account(account_key(a.id), account_value(a));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->id, a.id);
    EXPECT_EQ(got->address, a.address);
    EXPECT_EQ(got->password, a.password);
    EXPECT_EQ(got->scram.iterations, 600'000u);
    EXPECT_EQ(got->scram.server_key, a.scram.server_key);
    EXPECT_EQ(got->next_app_password, 9u);
    ASSERT_EQ(got->app_passwords.size(), 2u);
    EXPECT_EQ(got->app_passwords[0].label, "phone");
    EXPECT_EQ(got->app_passwords[0].created, -5);
    EXPECT_EQ(got->app_passwords[0].verifier.stored_key, "k");
    EXPECT_EQ(got->app_passwords[1].id, 8u);
    EXPECT_EQ(got->protocols, 5);
    EXPECT_EQ(got->quota_bytes, a.quota_bytes);
    EXPECT_EQ(got->created, a.created);
}

TEST(Records, DamageIsReported) {
    auto a = full_account();
    auto key = account_key(a.id);
    auto value = account_value(a);
    for (std::size_t i = 0; i < value.size(); ++i) {
        auto bad = value;
        bad[i] ^= 1;
        EXPECT_FALSE(read_account(key, bad)) << i;
        EXPECT_FALSE(read_account(key, value.substr(0, i))) << i;
    }
    EXPECT_FALSE(read_account(account_key(AccountId{2}), value)) << "another account's record";
}

TEST(Records, AliasRoundTrip) {
    Alias alias{"@example.org", {"a@example.org", "b@example.net"}};
    auto got = read_alias(alias_key(alias.address), alias_value(alias));
    ASSERT_TRUE(got);
    EXPECT_EQ(got->address, alias.address);
    EXPECT_EQ(got->targets, alias.targets);
}

// What a domain holds stands between its two keys, and nothing of its neighbours does.
TEST(Records, KeysOfADomainStandTogether) {
    auto [from, to] = logins_of("example.org");
    auto inside = [&](std::string_view address) {
        auto key = login_key(address);
        return key >= from && key < to;
    };
    EXPECT_TRUE(inside("a@example.org"));
    EXPECT_TRUE(inside("\xc3\xb6@example.org"));
    EXPECT_FALSE(inside("a@example.orga"));
    EXPECT_FALSE(inside("a@example.or"));
    EXPECT_FALSE(inside("a@mail.example.org"));
    EXPECT_FALSE(inside("a@example.org.au"));
    EXPECT_NE(login_key("a@example.org"), alias_key("a@example.org"));
}

}  // namespace
}  // namespace rook::directory
