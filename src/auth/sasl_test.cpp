// The mechanisms, spoken to as a client does.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/auth_fixture.h"
#include "base/base64.h"

namespace rook::auth {
namespace {

class SaslTest : public AuthTest {
protected:
    // Runs the exchange; "C text" for each challenge, then "ok ADDRESS" or the reason.
    std::string talk(std::string_view mechanism,
                     std::initializer_list<std::optional<std::string_view>> responses) {
        auto exchange = authenticator->start(from("s" + std::to_string(++networks)), mechanism);
        if (!exchange) return std::string(to_string(exchange.error().why));
        std::string out;
        for (auto& response : responses) {
            auto next = (*exchange)->step(response);
            if (!next) return out + std::string(to_string(next.error().why));
            if (auto* login = std::get_if<Login>(&*next))
                return out + "ok " + login->account->address;
            out += "C" + std::get<0>(*next).bytes + " ";
        }
        return out;
    }
    std::string name(Why why) { return std::string(to_string(why)); }
};

TEST_F(SaslTest, Plain) {
    add("alice@example.org", "alice-secret");
    add("bob@example.org", "bob-secret");
    using std::string_view_literals::operator""sv;
    EXPECT_EQ(talk("PLAIN", {"\0alice\0alice-secret"sv}), "ok alice@example.org");
    EXPECT_EQ(talk("plain", {std::nullopt, "\0alice\0alice-secret"sv}), "C ok alice@example.org");
    EXPECT_EQ(talk("PLAIN", {"alice\0alice\0alice-secret"sv}), "ok alice@example.org");
    EXPECT_EQ(talk("PLAIN", {"Alice@example.org\0alice\0alice-secret"sv}), "ok alice@example.org");
    EXPECT_EQ(talk("PLAIN", {"bob\0alice\0alice-secret"sv}), name(Why::Denied));
    EXPECT_EQ(talk("PLAIN", {"\0alice\0wrong"sv}), name(Why::Denied));
    for (auto bad : {""sv, "\0"sv, "\0\0"sv, "alice"sv, "\0alice"sv, "\0alice\0a\0b"sv})
        EXPECT_EQ(talk("PLAIN", {bad}), name(Why::BadSyntax));
    EXPECT_EQ(talk("PLAIN", {"\0alice\0"sv}), name(Why::Denied));
    auto huge = std::string("\0alice\0", 7) + std::string(13'000, 'x');
    EXPECT_EQ(talk("PLAIN", {huge}), name(Why::BadSyntax));
}

TEST_F(SaslTest, Login) {
    add("alice@example.org", "alice-secret");
    EXPECT_EQ(talk("LOGIN", {std::nullopt, "alice", "alice-secret"}),
              "CUsername: CPassword: ok alice@example.org");
    EXPECT_EQ(talk("LOGIN", {"alice", "alice-secret"}), "CPassword: ok alice@example.org");
    EXPECT_EQ(talk("LOGIN", {"alice", "wrong"}), "CPassword: " + name(Why::Denied));
    EXPECT_EQ(talk("LOGIN", {"", ""}), "CPassword: " + name(Why::Denied));
}

TEST_F(SaslTest, WhatNeedsNoHashIsTold) {
    add("alice@example.org", "alice-secret");
    using std::string_view_literals::operator""sv;
    const auto must_hash = [&](std::string_view password) {
        auto plain = authenticator->start(from("a"), "PLAIN").value();
        EXPECT_FALSE(plain->must_hash(std::nullopt));
        EXPECT_FALSE(plain->must_hash("\0alice"sv));
        auto login = authenticator->start(from("a"), "LOGIN").value();
        EXPECT_FALSE(login->must_hash("alice"));
        EXPECT_TRUE(login->step("alice"));
        const bool must = login->must_hash(password);
        EXPECT_EQ(plain->must_hash(std::string("\0alice\0", 7) + std::string(password)), must);
        return must;
    };
    EXPECT_TRUE(must_hash("alice-secret"));
    EXPECT_EQ(check("alice", "alice-secret"), "ok");
    EXPECT_FALSE(must_hash("alice-secret"));
    EXPECT_TRUE(must_hash("wrong"));
}

// The other side of SCRAM, written from RFC 5802 3 with OpenSSL alone.
class ScramClient {
public:
    std::string gs2 = "n,,", user = "alice";
    std::string channel;  // what to send as c=; the header when empty
    std::string password, nonce = "client-nonce";
    std::string server_signature;
    std::uint32_t iterations = 0;
    std::string salt;

    std::string bare() const { return "n=" + user + ",r=" + nonce; }
    std::string first() const { return gs2 + bare(); }

    std::string answer(const std::string& challenge) {
        auto at = challenge.find(",s="), end = challenge.find(",i=");
        auto nonces = challenge.substr(2, at - 2);
        EXPECT_TRUE(nonces.starts_with(nonce) && nonces.size() >= nonce.size() + 18);
        salt = base64_decode(challenge.substr(at + 3, end - at - 3)).value();
        iterations = static_cast<std::uint32_t>(std::stoul(challenge.substr(end + 3)));
        std::string salted(32, '\0');
        PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                          static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(),
                          32, reinterpret_cast<unsigned char*>(salted.data()));
        auto without = "c=" + base64_encode(channel.empty() ? gs2 : channel) + ",r=" + nonces;
        auto message = bare() + "," + challenge + "," + without;
        auto key = hmac(salted, "Client Key"), proof = hmac(hash(key), message);
        for (std::size_t i = 0; i < proof.size(); ++i) proof[i] ^= key[i];
        server_signature = base64_encode(hmac(hmac(salted, "Server Key"), message));
        return without + ",p=" + base64_encode(proof);
    }

private:
    static const unsigned char* raw(const std::string& text) {
        return reinterpret_cast<const unsigned char*>(text.data());
    }
    static std::string hmac(const std::string& key, const std::string& message) {
        std::string out(32, '\0');
        HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), raw(message), message.size(),
             reinterpret_cast<unsigned char*>(out.data()), nullptr);
        return out;
    }
    static std::string hash(const std::string& message) {
        std::string out(32, '\0');
        EVP_Digest(message.data(), message.size(), reinterpret_cast<unsigned char*>(out.data()),
                   nullptr, EVP_sha256(), nullptr);
        return out;
    }
};

class ScramTest : public SaslTest {
protected:
    // "ok ADDRESS ID", or the reason.
    std::string run(ScramClient& client, Origin origin, std::string_view end = "") {
        auto exchange = authenticator->start(origin, "SCRAM-SHA-256").value();
        auto one = exchange->step(client.first());
        if (!one) return name(one.error().why);
        auto two = exchange->step(client.answer(std::get<0>(*one).bytes));
        if (!two) return name(two.error().why);
        EXPECT_EQ(std::get<0>(*two).bytes, "v=" + client.server_signature);
        auto three = exchange->step(end);
        if (!three) return name(three.error().why);
        auto& login = std::get<Login>(*three);
        return "ok " + login.account->address + " " + std::to_string(login.app_password);
    }
    std::string run(ScramClient client) {
        return run(client, from("s" + std::to_string(++networks)));
    }
};

TEST_F(ScramTest, AnyAppPasswordOfTheAccount) {
    auto id = add("alice@example.org", "alice-secret");
    auto one = authenticator->add_app_password(id, "one", 31).value();
    auto two = authenticator
                   ->add_app_password(id, "two", static_cast<directory::Protocols>(Protocol::Pop3))
                   .value();
    EXPECT_EQ(run({.password = one.secret}), "ok alice@example.org 1");
    EXPECT_EQ(run({.gs2 = "y,,", .user = "ALICE@example.org", .password = one.secret}),
              "ok alice@example.org 1");
    EXPECT_EQ(run({.gs2 = "n,a=alice,", .password = one.secret}), "ok alice@example.org 1");
    EXPECT_EQ(run({.gs2 = "n,a=bob,", .password = one.secret}), name(Why::Denied));
    EXPECT_EQ(run({.password = two.secret}), name(Why::Denied)) << "not for IMAP";
    ScramClient pop{.password = two.secret};
    EXPECT_EQ(run(pop, from("p", Protocol::Pop3)), "ok alice@example.org 2");
    EXPECT_EQ(run({.password = "alice-secret"}), name(Why::Denied))
        << "no verifier of a person's own password is kept";
    EXPECT_TRUE(authenticator->revoke_app_password(id, one.id));
    EXPECT_EQ(run({.password = one.secret}), name(Why::Denied));
}

// Between the proof and the client's last word there is all the time that the client likes.
TEST_F(ScramTest, ALoginThatWaitedIsNoMoreCurrent) {
    auto id = add("alice@example.org", "alice-secret");
    auto app = authenticator->add_app_password(id, "one", 31).value();
    ScramClient client{.password = app.secret};
    auto exchange = authenticator->start(from("w"), "SCRAM-SHA-256").value();
    auto challenge = std::get<0>(*exchange->step(client.first())).bytes;
    ASSERT_TRUE(exchange->step(client.answer(challenge)));
    EXPECT_TRUE(authenticator->revoke_app_password(id, app.id));
    EXPECT_FALSE(authenticator->is_current(std::get<Login>(*exchange->step(""))));
}

TEST_F(ScramTest, MessagesThatAreWrong) {
    auto id = add("alice@example.org", "");
    auto secret = authenticator->add_app_password(id, "", 31).value().secret;
    EXPECT_EQ(run({.channel = "y,,", .password = secret}), name(Why::BadSyntax));
    EXPECT_EQ(run({.gs2 = "p=tls-exporter,,", .password = secret}), name(Why::Unsupported));
    ScramClient client{.password = secret};
    EXPECT_EQ(run(client, from("x"), "more"), name(Why::BadSyntax));
    // A nonce that is not the one given, and answers to an earlier challenge.
    auto exchange = authenticator->start(from("y"), "SCRAM-SHA-256").value();
    auto challenge = std::get<0>(*exchange->step(client.first())).bytes;
    auto good = client.answer(challenge);
    EXPECT_EQ(exchange->step("c=biws,r=client-nonce" + good.substr(good.find(",p="))).error().why,
              Why::BadSyntax);
    auto again = authenticator->start(from("y"), "SCRAM-SHA-256").value();
    EXPECT_TRUE(again->step(client.first()));
    EXPECT_EQ(again->step(good).error().why, Why::BadSyntax) << "a replay";
    EXPECT_EQ(talk("SCRAM-SHA-256", {std::nullopt, "x"}), "C " + name(Why::BadSyntax));
}

// What a client is told of a name that nobody has is what it is told of one that somebody has.
TEST_F(ScramTest, NoEnumeration) {
    auto id = add("alice@example.org", "alice-secret");
    add("plain@example.org", "plain-secret");
    auto salt_of = [&](std::string user) {
        ScramClient client{.user = std::move(user), .password = "x"};
        EXPECT_EQ(run(client, from("e" + std::to_string(++networks))), name(Why::Denied));
        EXPECT_EQ(client.iterations, 4096u);
        EXPECT_EQ(client.salt.size(), 16u);
        return client.salt;
    };
    auto before = salt_of("alice");
    EXPECT_TRUE(authenticator->add_app_password(id, "", 31));
    EXPECT_EQ(salt_of("alice"), before) << "nothing changes when there is something to check";
    EXPECT_EQ(salt_of("Alice@Example.ORG"), before);
    for (auto user : {"plain", "nobody", "not an address"}) {
        EXPECT_EQ(salt_of(user), salt_of(user)) << user;
        EXPECT_NE(salt_of(user), before) << user;
    }
    auto nobodys = salt_of("nobody");
    make({});
    EXPECT_EQ(salt_of("nobody"), nobodys) << "the same after a restart";
}

TEST_F(ScramTest, OwnPasswordsBySetting) {
    make({.scram_for_passwords = true});
    auto id = add("alice@example.org", "");
    EXPECT_TRUE(authenticator->set_password(id, "alice-secret"));
    ScramClient client{.password = "alice-secret"};
    EXPECT_EQ(run(client, from("a")), "ok alice@example.org 0");
    EXPECT_EQ(client.iterations, 600'000u);
    auto app = authenticator->add_app_password(id, "", 31).value();
    EXPECT_EQ(run({.password = app.secret}), name(Why::Denied));
    EXPECT_EQ(check("alice", app.secret), "ok") << "app passwords go by PLAIN then";
    ScramClient stranger{.user = "nobody", .password = "x"};
    EXPECT_EQ(run(stranger, from("b")), name(Why::Denied));
    EXPECT_EQ(stranger.iterations, 600'000u);
    // The setting taken back: the next password has no verifier.
    make({});
    EXPECT_TRUE(authenticator->set_password(id, "other"));
    EXPECT_EQ(directory->find(id).value()->scram.iterations, 0u);
}

TEST_F(ScramTest, GuessesAreCounted) {
    auto id = add("alice@example.org", "");
    auto secret = authenticator->add_app_password(id, "", 31).value().secret;
    for (int i = 0; i < 10; ++i) {
        ScramClient client{.password = "wrong"};
        EXPECT_EQ(run(client, from("g")), name(Why::Denied));
    }
    ScramClient client{.password = secret};
    EXPECT_EQ(run(client, from("g")), name(Why::Busy));
    EXPECT_EQ(run(client, from("h")), "ok alice@example.org 1");
}

// Exchanges begun before the count was reached end in it too.
TEST_F(ScramTest, ManyBegunAtOnceAreCountedToo) {
    add("alice@example.org", "");
    std::vector<std::unique_ptr<Authenticator::Exchange>> exchanges;
    std::vector<std::string> answers;
    for (int i = 0; i < 12; ++i) {
        exchanges.push_back(authenticator->start(from("g"), "SCRAM-SHA-256").value());
        ScramClient client{.password = "wrong"};
        answers.push_back(
            client.answer(std::get<0>(*exchanges.back()->step(client.first())).bytes));
    }
    int busy_ones = 0;
    for (std::size_t i = 0; i < exchanges.size(); ++i)
        busy_ones += exchanges[i]->step(answers[i]).error().why == Why::Busy;
    EXPECT_EQ(busy_ones, 2);
}

}  // namespace
}  // namespace rook::auth
