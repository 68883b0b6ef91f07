#include "directory/directory.h"

#include <gtest/gtest.h>

#include <thread>

#include "store/memory/memory_store.h"

namespace rook::directory {
namespace {

class DirectoryTest : public testing::Test {
protected:
    DirectoryTest() {
        reopen();
        EXPECT_TRUE(directory->add_domain("example.org"));
    }

    void reopen() {
        auto opened = Directory::open(*store, clock, {.default_domain = "Example.ORG"});
        ASSERT_TRUE(opened);
        directory = std::move(*opened);
    }

    AccountId add(std::string address) {
        Account account;
        account.id = directory->reserve_account().value();
        account.address = std::move(address);
        auto done = directory->add_account(account);
        EXPECT_TRUE(done) << done.error().said;
        return account.id;
    }

    // "alice@example.org/detail bob@example.org", in the order found.
    std::string reached(std::string_view address) {
        auto found = directory->resolve(address);
        if (!found) return "error";
        std::string out;
        for (auto& one : *found) {
            out.append(out.empty() ? "" : " ").append(one.account->address);
            if (!one.detail.empty()) out.append("/").append(one.detail);
        }
        return out;
    }

    Why why(const Result<>& result) { return result ? Why{255} : result.error().why; }

    std::unique_ptr<store::MemoryStore> store = store::make_memory_store();
    StoppedClock clock;
    std::unique_ptr<Directory> directory;
};

TEST_F(DirectoryTest, Domains) {
    EXPECT_EQ(why(directory->add_domain("EXAMPLE.org.")), Why::Exists);
    EXPECT_TRUE(
        directory->add_domain("b\xc3\xbc"
                              "cher.example"));
    EXPECT_EQ(directory->domains().value(),
              (std::vector<std::string>{"example.org", "xn--bcher-kva.example"}));
    EXPECT_TRUE(directory
                    ->has_domain("B\xc3\x9c"
                                 "CHER.example")
                    .value());
    EXPECT_FALSE(directory->has_domain("example.com").value());
    EXPECT_FALSE(directory->has_domain("not a domain").value());
    EXPECT_EQ(why(directory->add_domain("a b")), Why::BadSyntax);
    EXPECT_EQ(why(directory->remove_domain("example.com")), Why::NotFound);
    EXPECT_TRUE(directory->remove_domain("xn--bcher-kva.example"));
    EXPECT_FALSE(directory->has_domain("xn--bcher-kva.example").value());
    EXPECT_TRUE(directory->add_domain("xn--bcher-kva.example"));
    EXPECT_TRUE(directory->has_domain("xn--bcher-kva.example").value());
}

TEST_F(DirectoryTest, ADomainInUseStays) {
    auto id = add("alice@example.org");
    EXPECT_TRUE(directory->add_alias({"info@example.org", {"alice@example.org"}}));
    EXPECT_EQ(why(directory->remove_domain("example.org")), Why::Cannot);
    EXPECT_TRUE(directory->remove_account(id));
    EXPECT_TRUE(directory->aliases().value().empty());
    EXPECT_TRUE(directory->remove_domain("example.org"));
}

TEST_F(DirectoryTest, AccountsByNameAndNumber) {
    auto id = add("Alice@EXAMPLE.org");
    for (auto name : {"alice@example.org", "ALICE@example.org", "alice", "Alice"}) {
        auto found = directory->find(name).value();
        ASSERT_TRUE(found) << name;
        EXPECT_EQ(found->id, id);
        EXPECT_EQ(found->address, "alice@example.org");
        EXPECT_EQ(found->created, clock.seconds());
    }
    EXPECT_FALSE(directory->find("alice+x@example.org").value());
    EXPECT_FALSE(directory->find("bob").value());
    EXPECT_FALSE(directory->find("").value());
    EXPECT_FALSE(directory->find(std::string(10'000, 'a')).value());
    EXPECT_FALSE(directory->find(AccountId{99}).value());

    Account twin;
    twin.id = directory->reserve_account().value();
    twin.address = "alice@example.org";
    EXPECT_EQ(why(directory->add_account(twin)), Why::Exists);
    twin.address = "alice@example.com";
    EXPECT_EQ(why(directory->add_account(twin)), Why::NotFound);
    twin.address = "no address";
    EXPECT_EQ(why(directory->add_account(twin)), Why::BadSyntax);
    EXPECT_EQ(directory->accounts().value().size(), 1u);
}

TEST_F(DirectoryTest, NumbersAreNeverUsedAgain) {
    auto first = add("alice@example.org");
    EXPECT_TRUE(directory->remove_account(first));
    EXPECT_EQ(why(directory->remove_account(first)), Why::NotFound);
    EXPECT_FALSE(directory->find("alice").value());
    reopen();
    auto second = add("alice@example.org");
    EXPECT_GT(second, first);
}

TEST_F(DirectoryTest, NumbersBeginWhereTheyAreTold) {
    const auto last = directory->reserve_account()->v;
    ASSERT_TRUE(directory->number_accounts_from({last + 1001}));
    EXPECT_EQ(directory->reserve_account()->v, last + 1001);
    ASSERT_TRUE(directory->number_accounts_from({1}));
    EXPECT_EQ(directory->reserve_account()->v, last + 1002);
}

TEST_F(DirectoryTest, AnAccountTakesAnothersPlace) {
    const auto old = add("alice@example.org");
    ASSERT_TRUE(directory->add_alias({"info@example.org", {"alice@example.org"}}));
    std::vector<std::pair<AccountId, Directory::What>> told;
    directory->watch([&](AccountId id, auto what) { told.emplace_back(id, what); });
    Account account;
    account.id = directory->reserve_account().value();
    account.address = "nobody@example.org";
    EXPECT_EQ(why(directory->replace_account(account)), Why::NotFound);
    account.address = "Alice@example.org";
    ASSERT_TRUE(directory->replace_account(account));
    EXPECT_EQ(told, (std::vector{std::pair(old, Directory::What::Removed)}));
    EXPECT_EQ(directory->find("alice").value()->id, account.id);
    EXPECT_EQ(directory->find(old).value(), nullptr);
    EXPECT_EQ(directory->accounts()->size(), 1u);
    EXPECT_EQ(reached("info@example.org"), "alice@example.org");
}

TEST_F(DirectoryTest, AllIsThereAfterReopening) {
    auto id = add("alice@example.org");
    EXPECT_TRUE(directory->add_alias({"info@example.org", {"alice@example.org"}}));
    EXPECT_TRUE(directory->change(id, [](Account& a) -> Result<> {
        a.quota_bytes = 5;
        return {};
    }));
    auto secret = directory->secret();
    EXPECT_EQ(secret.size(), 32u);
    reopen();
    EXPECT_EQ(directory->secret(), secret);
    EXPECT_EQ(directory->find("alice").value()->quota_bytes, 5u);
    EXPECT_EQ(reached("info@example.org"), "alice@example.org");
}

TEST_F(DirectoryTest, ChangesAreWholeAndTold) {
    auto id = add("alice@example.org");
    using What = Directory::What;
    std::vector<What> told;
    directory->watch([&](AccountId account, What what) {
        EXPECT_EQ(account, id);
        // Durable, and visible to whoever asks now.
        if (what == What::Quota) EXPECT_EQ(directory->find(id).value()->quota_bytes, 7u);
        told.push_back(what);
    });
    auto change = [&](auto edit) {
        told.clear();
        return directory->change(id, [&](Account& a) -> Result<> { return edit(a); });
    };
    auto ok = [](auto edit) {
        return [edit](Account& a) -> Result<> {
            edit(a);
            return {};
        };
    };

    EXPECT_TRUE(change(ok([](Account& a) { a.password = "one"; })));
    EXPECT_TRUE(told.empty()) << "there was no password before";
    EXPECT_TRUE(change(ok([](Account& a) { a.password = "two"; })));
    EXPECT_EQ(told, std::vector{What::Credentials});
    EXPECT_TRUE(change(ok([](Account& a) { a.app_passwords.push_back({1, "phone", 31, 0, {}}); })));
    EXPECT_TRUE(told.empty()) << "a new one ends nobody's session";
    EXPECT_TRUE(change(ok([](Account& a) { a.app_passwords[0].protocols = 1; })));
    EXPECT_EQ(told, std::vector{What::Credentials});
    EXPECT_TRUE(change(ok([](Account& a) { a.app_passwords.clear(); })));
    EXPECT_EQ(told, std::vector{What::Credentials});
    EXPECT_TRUE(change(ok([](Account& a) {
        a.protocols = 1;
        a.quota_bytes = 7;
    })));
    EXPECT_EQ(told, (std::vector{What::Protocols, What::Quota}));

    EXPECT_EQ(why(change([](Account& a) -> Result<> {
                  a.password = "three";
                  return fail(Why::Cannot, "no");
              })),
              Why::Cannot);
    EXPECT_TRUE(told.empty());
    EXPECT_EQ(directory->find(id).value()->password, "two");

    EXPECT_TRUE(change(ok([](Account& a) {
        a.id = AccountId{77};
        a.address = "mallory@example.org";
    })));
    EXPECT_EQ(directory->find(id).value()->address, "alice@example.org");

    EXPECT_TRUE(directory->remove_account(id));
    EXPECT_EQ(told, std::vector{What::Removed});
    EXPECT_EQ(why(change(ok([](Account&) {}))), Why::NotFound);
}

TEST_F(DirectoryTest, AFailedCommitChangesNothing) {
    auto id = add("alice@example.org");
    bool told = false;
    directory->watch([&](AccountId, Directory::What) { told = true; });
    store->fail_next(Error{Why::Io, "The disk failed", {}, {}});
    EXPECT_EQ(why(directory->change(id,
                                    [](Account& a) -> Result<> {
                                        a.protocols = 0;
                                        return {};
                                    })),
              Why::Io);
    EXPECT_FALSE(told);
    EXPECT_EQ(directory->find(id).value()->protocols, kAllProtocols);
    store->fail_next(Error{Why::Io, "The disk failed", {}, {}});
    EXPECT_EQ(why(directory->add_domain("example.com")), Why::Io);
    EXPECT_FALSE(directory->has_domain("example.com").value());
}

TEST_F(DirectoryTest, ASnapshotStaysAsItWas) {
    auto id = add("alice@example.org");
    auto before = directory->find(id).value();
    EXPECT_TRUE(directory->change(id, [](Account& a) -> Result<> {
        a.quota_bytes = 9;
        return {};
    }));
    EXPECT_EQ(before->quota_bytes, 0u);
    EXPECT_EQ(directory->find(id).value()->quota_bytes, 9u);
}

TEST_F(DirectoryTest, Aliases) {
    EXPECT_TRUE(directory->add_domain("example.net"));
    auto alice = add("alice@example.org");
    auto bob = add("bob@example.org");
    add("a+b@example.org");
    auto alias = [&](std::string address, std::vector<std::string> targets) {
        return why(directory->add_alias({std::move(address), std::move(targets)}));
    };
    constexpr Why kOk{255};
    EXPECT_EQ(alias("info@example.org", {"ALICE@example.org", "alice@example.org"}), kOk);
    EXPECT_EQ(alias("both@example.net", {"info@example.org", "bob@example.org"}), kOk);
    EXPECT_EQ(alias("lists@example.org", {"bob+lists@example.org"}), kOk);
    EXPECT_EQ(alias("@example.net", {"bob@example.org"}), kOk);
    EXPECT_EQ(alias("info@example.org", {"bob@example.org"}), Why::Exists);
    EXPECT_EQ(alias("alice@example.org", {"bob@example.org"}), Why::Exists);
    EXPECT_EQ(alias("x@example.com", {"bob@example.org"}), Why::NotFound);
    EXPECT_EQ(alias("x@example.org", {"nobody@example.org"}), Why::NotFound);
    EXPECT_EQ(alias("x@example.org", {"x@example.org"}), Why::Cannot);
    EXPECT_EQ(alias("x@example.org", {}), Why::BadSyntax);

    const std::pair<std::string_view, std::string_view> cases[] = {
        {"alice@example.org", "alice@example.org"},
        {"alice", "alice@example.org"},
        {"Alice+Work@Example.org", "alice@example.org/work"},
        {"alice+@example.org", "alice@example.org"},
        {"alice+a+b@example.org", "alice@example.org/a+b"},
        {"a+b@example.org", "a+b@example.org"},
        {"+x@example.org", ""},
        {"info@example.org", "alice@example.org"},
        {"info+news@example.org", "alice@example.org/news"},
        {"both@example.net", "alice@example.org bob@example.org"},
        {"lists@example.org", "bob@example.org/lists"},
        {"lists+cpp@example.org", "bob@example.org/lists"},
        {"anything@example.net", "bob@example.org"},
        {"anything+x@example.net", "bob@example.org"},
        {"nobody@example.org", ""},
        {"alice@example.com", ""},
        {"not an address", "error"},
    };
    for (auto& [address, want] : cases) EXPECT_EQ(reached(address), want) << address;

    auto owns = [&](AccountId id, std::string_view address) {
        return directory->owns(id, address).value();
    };
    EXPECT_TRUE(owns(alice, "alice@example.org"));
    EXPECT_TRUE(owns(alice, "alice+x@example.org"));
    EXPECT_TRUE(owns(alice, "INFO@example.org"));
    EXPECT_FALSE(owns(alice, "both@example.net")) << "shared with bob";
    EXPECT_FALSE(owns(alice, "bob@example.org"));
    EXPECT_FALSE(owns(alice, "nobody@example.org"));
    EXPECT_FALSE(owns(alice, "not an address"));
    EXPECT_TRUE(owns(bob, "lists@example.org"));

    EXPECT_EQ(directory->aliases().value().size(), 4u);
    EXPECT_EQ(why(directory->remove_alias("nothing@example.org")), Why::NotFound);
    EXPECT_TRUE(directory->remove_alias("@example.net"));
    EXPECT_EQ(reached("anything@example.net"), "");
    // What pointed at it goes with it; what has another target stays.
    EXPECT_TRUE(directory->remove_alias("info@example.org"));
    EXPECT_EQ(reached("both@example.net"), "bob@example.org");
    EXPECT_TRUE(directory->remove_account(bob));
    EXPECT_TRUE(directory->aliases().value().empty());
}

TEST_F(DirectoryTest, ARingOfAliasesEnds) {
    // Built through a catch-all that goes: a -> b, b -> a.
    add("alice@example.org");
    EXPECT_TRUE(directory->add_alias({"@example.org", {"alice@example.org"}}));
    EXPECT_TRUE(directory->add_alias({"a@example.org", {"b@example.org"}}));
    EXPECT_TRUE(directory->add_alias({"b@example.org", {"a@example.org"}}));
    EXPECT_EQ(reached("a@example.org"), "");
    EXPECT_EQ(reached("c@example.org"), "alice@example.org");
}

TEST_F(DirectoryTest, AliasesAreFollowedSixteenDeep) {
    add("alice@example.org");
    std::string last = "alice@example.org";
    for (int i = 1; i <= 17; ++i) {
        auto address = "a" + std::to_string(i) + "@example.org";
        auto done = directory->add_alias({address, {last}});
        EXPECT_EQ(done.has_value(), i <= 17);
        last = address;
    }
    EXPECT_EQ(reached("a16@example.org"), "alice@example.org");
    EXPECT_EQ(reached("a17@example.org"), "");
}

TEST_F(DirectoryTest, ReadsComeFromMemoryOnceRead) {
    add("alice@example.org");
    directory->find("alice").value();
    directory->find("nobody").value();
    directory->has_domain("example.org").value();
    auto before = store->reads();
    for (int i = 0; i < 100; ++i) {
        directory->find("alice").value();
        directory->find("nobody").value();
        directory->has_domain("example.org").value();
    }
    EXPECT_EQ(store->reads(), before);
    add("nobody@example.org");
    EXPECT_TRUE(directory->find("nobody").value()) << "absence is forgotten when it ends";
}

TEST_F(DirectoryTest, NobodyReadsAnOldStateAfterAChange) {
    auto id = add("alice@example.org");
    std::atomic<std::uint64_t> durable{0};
    std::atomic<bool> stop{false};
    std::thread reader([&] {
        while (!stop) {
            auto at_least = durable.load();
            auto seen = directory->find(id).value()->quota_bytes;
            EXPECT_GE(seen, at_least);
        }
    });
    for (std::uint64_t i = 1; i <= 2'000; ++i) {
        EXPECT_TRUE(directory->change(id, [&](Account& a) -> Result<> {
            a.quota_bytes = i;
            return {};
        }));
        durable = i;
    }
    stop = true;
    reader.join();
}

TEST_F(DirectoryTest, TooManyAppPasswords) {
    auto id = add("alice@example.org");
    EXPECT_EQ(why(directory->change(id,
                                    [](Account& a) -> Result<> {
                                        a.app_passwords.resize(101);
                                        return {};
                                    })),
              Why::Limit);
}

}  // namespace
}  // namespace rook::directory
