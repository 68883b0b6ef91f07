#include "mailbox/signature.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "message/compare_text.h"
#include "message/parser.h"

namespace rook::mailbox {
namespace {

std::string signature_of(std::string_view normal) {
    SignatureMaker maker;
    maker.add(normal);
    return maker.finish();
}

std::string random_text(Random& random, std::size_t bytes) {
    std::string text;
    while (text.size() < bytes) {
        for (auto letters = 2 + random.below(9); letters > 0; --letters)
            text += static_cast<char>('a' + random.below(26));
        text += ' ';
    }
    return text;
}

TEST(Signature, never_denies_what_is_there) {
    auto random = make_seeded_random(1);
    for (int round = 0; round < 200; ++round) {
        auto text = random_text(*random, random->below(20'000));
        auto signature = signature_of(text);
        for (int k = 0; k < 20 && !text.empty(); ++k) {
            auto at = random->below(text.size());
            auto needle = text.substr(at, 1 + random->below(30));
            EXPECT_TRUE(SignatureQuery(needle).may_match(signature)) << needle;
        }
    }
}

TEST(Signature, covers_every_byte) {
    std::string all(8, '\0');
    for (int i = 0; i < 256; ++i) all.append(4, static_cast<char>(i));
    const auto signature = signature_of(all);
    for (std::size_t at = 0; at + 4 <= all.size(); ++at)
        EXPECT_TRUE(SignatureQuery(all.substr(at, 4)).may_match(signature)) << at;
}

TEST(Signature, denies_nearly_all_that_is_not) {
    auto random = make_seeded_random(2);
    for (std::size_t bytes : {100, 8'000, 60'000}) {
        int wrong = 0, asked = 0;
        for (int round = 0; round < 20; ++round) {
            auto signature = signature_of(random_text(*random, bytes));
            for (int k = 0; k < 100; ++k) {
                std::string needle;
                for (int i = 0; i < 7; ++i) needle += static_cast<char>('a' + random->below(26));
                ++asked;
                wrong += SignatureQuery(needle).may_match(signature);
            }
        }
        EXPECT_LT(wrong * 100, asked) << bytes;
    }
}

TEST(Signature, pieces_go_on_and_texts_do_not) {
    SignatureMaker whole, apart;
    whole.add("abc");
    whole.add("def");
    apart.add("abc");
    apart.end_text();
    apart.add("def");
    SignatureQuery query("bcde");
    EXPECT_TRUE(query.may_match(whole.finish()));
    EXPECT_EQ(whole.finish(), signature_of("abcdef"));
    EXPECT_FALSE(query.may_match(apart.finish()));
}

TEST(Signature, size_follows_the_distinct_grams) {
    struct Row {
        std::size_t bytes, least, most;
    };
    auto random = make_seeded_random(3);
    for (auto row :
         {Row{0, 66, 66}, Row{40, 66, 66}, Row{2'000, 514, 2'050}, Row{900'000, 32'770, 32'770}}) {
        auto signature = signature_of(random_text(*random, row.bytes));
        EXPECT_GE(signature.size(), row.least) << row.bytes;
        EXPECT_LE(signature.size(), row.most) << row.bytes;
    }
    EXPECT_EQ(signature_of(std::string(500'000, 'x')).size(), 66u);
}

TEST(Signature, what_cannot_be_asked_may_match) {
    auto good = signature_of("some text that is here");
    EXPECT_TRUE(SignatureQuery("").is_blind());
    EXPECT_TRUE(SignatureQuery("zzz").is_blind());
    EXPECT_TRUE(SignatureQuery("zzz").may_match(good));
    SignatureQuery query("nowhere");
    EXPECT_FALSE(query.is_blind());
    EXPECT_FALSE(query.may_match(good));
    EXPECT_TRUE(query.may_match(""));
    EXPECT_TRUE(query.may_match(good.substr(0, good.size() - 1)));
    auto other = good;
    other[0] = static_cast<char>(other[0] + 1);
    EXPECT_TRUE(query.may_match(other));
    other = good;
    other[1] = 40;
    EXPECT_TRUE(query.may_match(other));
    other = good.substr(0, 2 + 4);
    other[1] = 2;
    EXPECT_TRUE(query.may_match(other));
}

TEST(Signature, covers_headers_and_decoded_text) {
    std::string mail =
        "From: =?utf-8?q?J=C3=BCrgen?= <j@example.net>\r\nSubject: Report\r\n"
        "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
        "Content-Type: text/plain; charset=iso-8859-1\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=FC=DFe aus K=F6ln\r\n--x\r\n"
        "Content-Type: text/html\r\nContent-Description: second half\r\n\r\n"
        "<p>bro<b>ken</b> words</p>\r\n--x--\r\n";
    message::StringSource source(mail);
    auto signature = make_signature(message::parse(mail), source);
    for (auto needle : {"jürgen", "subject: report", "aus köln", "broken words", "second half"})
        EXPECT_TRUE(SignatureQuery(message::normal_form(needle)).may_match(signature)) << needle;
    for (auto needle : {"bro<b>ken", "nothing of the kind", "=c3=bcrgen"})
        EXPECT_FALSE(SignatureQuery(message::normal_form(needle)).may_match(signature)) << needle;
}

TEST(Signature, too_much_text_is_left_to_the_scan) {
    std::string mail = "Subject: long\r\n\r\n" + std::string(2 * kSignatureText, 'y');
    message::StringSource source(mail);
    EXPECT_EQ(make_signature(message::parse(mail), source), "");
}

}  // namespace
}  // namespace rook::mailbox
