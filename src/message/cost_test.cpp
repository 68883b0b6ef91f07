// No message may cost more than its size: for each generator the cost at four times the size is at
// most six times as much (base/cost_testing.h).
#include <gtest/gtest.h>

#include <functional>

#include "base/cost_testing.h"
#include "message/address.h"
#include "message/compare_text.h"
#include "message/decode.h"
#include "message/encoded_word.h"
#include "message/header.h"
#include "message/html_text.h"
#include "message/parameters.h"
#include "message/test_support.h"
#include "message/threads.h"

namespace rook::message {
namespace {

using cost::repeat;

void expect_linear(const char* name, const cost::Make& make, const cost::Work& work,
                   std::size_t n) {
    EXPECT_EQ(cost::growth(make, work, n), "") << name;
}

void parse_it(const std::string& text) { parse(text); }

struct Generator {
    const char* name;
    std::function<std::string(std::size_t)> make;
};

std::string nested(std::size_t n) {
    std::string out = "X: y\r\n";
    for (std::size_t i = 0; out.size() < n; ++i)
        out += fmt::format("Content-Type: multipart/mixed; boundary=b{0}\r\n\r\n--b{0}\r\n", i);
    return out;
}

// As deep as goes, with boundaries that differ only at their ends, and then lines that nearly
// match.
std::string near_matches(std::size_t n) {
    std::string out, same(60, 'b');
    for (int i = 0; i < 99; ++i)
        out += fmt::format("Content-Type: multipart/mixed; boundary={0}{1}\r\n\r\n--{0}{1}\r\n",
                           same, i);
    return out + "\r\n" + repeat("--" + same + "x\r\n", n);
}

TEST(Cost, Messages) {
    // Header generators stay below the 256 KB that are read at all.
    auto header = [](std::string start, std::string unit) {
        return [=](std::size_t n) { return start + repeat(unit, n) + "\r\n\r\nbody"; };
    };
    auto body = [](std::string start, std::string unit) {
        return [=](std::size_t n) { return start + "\r\n\r\n" + repeat(unit, n); };
    };
    std::string multipart = "Content-Type: multipart/mixed; boundary=b";
    Generator generators[] = {
        {"addresses", header("To: a@x", ", a@x")},
        {"addresses without text", header("To: a", ",")},
        {"groups", header("To: a", ":;")},
        {"open groups", header("To: a", ":")},
        {"angles", header("To: a", "<")},
        {"open comments", header("To: a", "(")},
        {"nested comments",
         [](std::size_t n) {
             return "To: " + repeat("(", n / 2) + repeat(")", n / 2) + " a@x\r\n\r\n";
         }},
        {"comments", header("To: a", "(a)")},
        {"comments that end in a backslash", header("To: a", "(\\")},
        {"quotes", header("To: a", "\"\\")},
        {"empty quotes", header("To: a", "\"\"")},
        {"brackets", header("To: a", "[")},
        {"fields", header("A: b", "\r\nX: y")},
        {"To fields", header("A: b", "\r\nTo: a@x")},
        {"lines that are no fields", header("A: b", "\r\nxyz")},
        {"folds", header("Subject: a", "\r\n b")},
        {"folds in an address list", header("To: a", "\r\n ,b")},
        {"encoded words", header("Subject: a", " =?utf-8?q?a?=")},
        {"open encoded words", header("Subject: a", "=?utf-8?q?a")},
        {"starts of encoded words", header("Subject: a", "=?")},
        {"charsets of encoded words", header("Subject: a", " =?koi8-r?q?a?= =?koi8-u?q?a?=")},
        {"blobs in a subject", header("Subject: ", "[a]")},
        {"forwards in a subject", header("Subject: ", "[fwd: ")},
        {"forwards and their ends",
         [](std::size_t n) {
             return "Subject: " + repeat("[fwd:", n * 5 / 6) + repeat("]", n / 6) + "\r\n\r\n";
         }},
        {"answers in a subject", header("Subject: ", "re[a]:")},
        {"references", header("References: ", "<a@x> ")},
        {"open references", header("References: ", "<")},
        {"parameters", header("Content-Type: a/b", "; x=y")},
        {"continued parameters",
         [](std::size_t n) {
             std::string out = "Content-Type: a/b";
             for (std::size_t i = n / 10; i > 0; --i) out += fmt::format("; x*{}=y", i);
             return out + "\r\n\r\n";
         }},
        {"parameter comments", header("Content-Type: a/b", ";(")},
        {"parameter quotes", header("Content-Type: a/b", ";x=\"\\")},
        {"date", header("Date: ", "(a) ")},
        {"carriage returns", header("A: b", "\r")},
        {"parts", body(multipart, "--b\r\n\r\n")},
        {"parts without anything", body(multipart, "--b\n")},
        {"near delimiters", body(multipart, "--c\r\n")},
        {"ends", body(multipart, "--b--\r\n")},
        {"lines", body(multipart, "\r\n")},
        {"dashes", body(multipart, "-\r\n")},
        {"CR lines",
         [&](std::size_t n) { return "X: y\r" + multipart + "\r\r" + repeat("-\r\n\r", n); }},
        {"nested multiparts", nested},
        {"nearly matching boundaries", near_matches},
        {"nested messages",
         [](std::size_t n) { return repeat("Content-Type: message/rfc822\r\n\r\n", n); }},
        {"digests",
         [](std::size_t n) {
             return repeat("Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n", n);
         }},
    };
    for (auto& g : generators) expect_linear(g.name, g.make, parse_it, 50'000);
}

TEST(Cost, OneByteAtATime) {
    auto work = [](const std::string& text) {
        Parser parser;
        for (char c : text) parser.feed(std::string_view(&c, 1));
        parser.finish();
    };
    for (std::string_view unit : {"x", "-", "--b\r\n", "X: y\r\n", "\r\n", "\r"}) {
        expect_linear(
            "bytes",
            [&](std::size_t n) {
                return "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat(unit, n);
            },
            work, 50'000);
        expect_linear(
            "header bytes", [&](std::size_t n) { return "A: b\r\n" + repeat(unit, n); }, work,
            50'000);
    }
}

TEST(Cost, Functions) {
    auto of = [](std::string_view unit) { return [=](std::size_t n) { return repeat(unit, n); }; };
    for (std::string_view unit : {"<", "&", "<!--", "<a b='", "<style>", "</style", "&amp", "<p>",
                                  " ", "\"", "<style></styl"}) {
        expect_linear(unit.data(), of(unit), [](auto& text) { html_to_text(text); }, 200'000);
    }
    for (std::string_view unit : {"=", "=4", " ", "\r", "=\r\n", "= "}) {
        expect_linear(
            unit.data(), of(unit), [](auto& text) { decode_all(Encoding::QuotedPrintable, text); },
            200'000);
    }
    expect_linear(
        "base64", of("A=\r\n"), [](auto& text) { decode_all(Encoding::Base64, text); }, 200'000);
    expect_linear(
        "combining marks", of("\xCC\x81"), [](auto& text) { normal_form(text); }, 100'000);
    expect_linear(
        "needles", of("a"),
        [](auto& text) { contains(text, text.substr(0, text.size() / 2) + "b"); }, 200'000);
    expect_linear(
        "picked fields", of("X: y\r\n"),
        [](auto& text) {
            FieldNames names;
            for (int i = 0; i < 1000; ++i) names.insert("n" + std::to_string(i));
            pick_fields(text, names, Pick::AllBut);
        },
        200'000);
}

// No stack is used up by depth: run in CI with a small stack too.
TEST(Cost, DeepNestingEndsFlat) {
    for (auto& text : {nested(5'000'000), repeat("Content-Type: message/rfc822\r\n\r\n", 3'000'000),
                       "To: " + repeat("(", 200'000) + "\r\n\r\n" + repeat("(", 1'000'000)}) {
        auto s = parse(text);
        EXPECT_LE(s.parts.size(), 102u);
        EXPECT_EQ(s.size, text.size());
    }
}

}  // namespace
}  // namespace rook::message
