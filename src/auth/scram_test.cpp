#include "auth/scram.h"

#include <gtest/gtest.h>

#include "base/base64.h"

namespace rook::auth::scram {
namespace {

// RFC 7677 3.
TEST(Scram, TheVectorOfTheRfc) {
    auto salt = base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==").value();
    auto verifier = make_verifier("pencil", salt, 4096);
    auto first = read_client_first("n,,n=user,r=rOprNGfwEbeRWgbNEkqO").value();
    EXPECT_EQ(first.user, "user");
    EXPECT_EQ(first.nonce, "rOprNGfwEbeRWgbNEkqO");
    EXPECT_EQ(first.gs2_header, "n,,");
    auto last = read_client_final(
                    "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                    "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
                    .value();
    EXPECT_EQ(last.channel, "n,,");
    auto auth_message = first.bare +
                        ",r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
                        "s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096," +
                        last.without_proof;
    EXPECT_TRUE(proves(verifier, auth_message, last.proof));
    EXPECT_EQ(base64_encode(server_signature(verifier, auth_message)),
              "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");

    EXPECT_FALSE(proves(make_verifier("Pencil", salt, 4096), auth_message, last.proof));
    EXPECT_FALSE(proves(verifier, auth_message + "x", last.proof));
    for (std::size_t i = 0; i < last.proof.size(); ++i) {
        auto wrong = last.proof;
        wrong[i] ^= 1;
        EXPECT_FALSE(proves(verifier, auth_message, wrong)) << i;
    }
    EXPECT_FALSE(proves(verifier, auth_message, ""));
    EXPECT_FALSE(proves({}, auth_message, std::string(32, '\0'))) << "an account with no verifier";
}

TEST(Scram, ClientFirst) {
    struct Case {
        std::string_view message, user, authzid;  // user empty: refused
    };
    const Case cases[] = {
        {"n,,n=user,r=abc", "user", ""},
        {"y,,n=user,r=abc", "user", ""},
        {"n,a=other,n=user,r=abc", "user", "other"},
        {"n,,n=a=2Cb=3Dc,r=abc", "a,b=c", ""},
        {"n,,n=user@example.org,r=abc,ext=1", "user@example.org", ""},
        {"p=tls-unique,,n=user,r=abc", "", ""},
        {"n,,m=must,n=user,r=abc", "", ""},
        {"n,,n=user", "", ""},
        {"n,,n=,r=abc", "", ""},
        {"n,,n=user,r=", "", ""},
        {"n,,n=a=2Xb,r=abc", "", ""},
        {"n,,n=a=,r=abc", "", ""},
        {"n,,r=abc,n=user", "", ""},
        {"n,x=other,n=user,r=abc", "", ""},
        {"n", "", ""},
        {"n,", "", ""},
        {"n,,", "", ""},
        {"", "", ""},
        {"x,,n=user,r=abc", "", ""},
        {"n,,n=us\x01er,r=abc", "", ""},
        {"n,,n=us\xffr,r=abc", "", ""},
        {"n,,n=user,r=a\x80", "", ""},
        {std::string_view("n,,n=us\0er,r=abc", 16), "", ""},
    };
    for (auto& [message, user, authzid] : cases) {
        auto got = read_client_first(message);
        ASSERT_EQ(got.has_value(), !user.empty()) << message;
        if (!got) continue;
        EXPECT_EQ(got->user, user);
        EXPECT_EQ(got->authzid, authzid);
    }
    EXPECT_EQ(read_client_first("p=tls-unique,,n=user,r=abc").error().why, Why::Unsupported);
    EXPECT_FALSE(read_client_first("n,,n=user,r=" + std::string(257, 'a')));
}

TEST(Scram, ClientFinal) {
    auto proof = ",p=" + base64_encode(std::string(32, 'x'));
    EXPECT_TRUE(read_client_final("c=biws,r=abc" + proof));
    EXPECT_EQ(read_client_final("c=biws,r=abc,e=1" + proof)->without_proof, "c=biws,r=abc,e=1");
    for (std::string message :
         {std::string(), "c=biws" + proof, "r=abc,c=biws" + proof, "c=!,r=abc" + proof,
          std::string("c=biws,r=abc,p="), std::string("c=biws,r=abc,p=eHg="),
          std::string("c=biws,r=abc,p=***"), "c=biws,r=abc" + proof + ",z=1"}) {
        EXPECT_FALSE(read_client_final(message)) << message;
    }
}

TEST(Scram, SaltsAreSteadyAndTheirOwn) {
    EXPECT_EQ(salt_for("s", "a@x"), salt_for("s", "a@x"));
    EXPECT_NE(salt_for("s", "a@x"), salt_for("s", "b@x"));
    EXPECT_NE(salt_for("s", "a@x"), salt_for("t", "a@x"));
    EXPECT_EQ(salt_for("s", "a@x").size(), 16u);
}

}  // namespace
}  // namespace rook::auth::scram
