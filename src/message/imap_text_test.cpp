#include "message/imap_text.h"

#include <gtest/gtest.h>

#include "message/test_support.h"

namespace rook::message {
namespace {

std::string imap_string(std::string_view text) {
    std::string out;
    append_imap_string(out, text);
    return out;
}

TEST(ImapText, Strings) {
    EXPECT_EQ(imap_string(""), "\"\"");
    EXPECT_EQ(imap_string("a \"b\" \\"), "\"a \\\"b\\\" \\\\\"");
    EXPECT_EQ(imap_string("h\xC3\xA9"), "{3}\r\nh\xC3\xA9");
    EXPECT_EQ(imap_string("a\r\nb"), "{4}\r\na\r\nb");
    EXPECT_EQ(imap_string(std::string_view("a\0b", 3)), "\"ab\"");
    EXPECT_EQ(imap_string(std::string_view("\0\xFF", 2)), "{1}\r\n\xFF");
    EXPECT_EQ(imap_string(std::string(1001, 'x')).substr(0, 8), "{1001}\r\n");
}

std::string envelope(std::string_view header) { return parse(crlf(header)).imap_envelope; }

TEST(ImapText, Envelopes) {
    EXPECT_EQ(envelope(""), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
    // Present but empty: "" for texts, NIL for addresses, From for the two.
    EXPECT_EQ(envelope("Date:\nSubject: \nFrom: a@x\nSender:\nReply-To: "
                       ",\nTo:\nIn-Reply-To:\nMessage-ID:\n\n"),
              "(\"\" \"\" ((NIL NIL \"a\" \"x\")) ((NIL NIL \"a\" \"x\")) ((NIL NIL \"a\" \"x\")) "
              "NIL NIL NIL \"\" \"\")");
    // The first of a field counts, lists of recipients are joined.
    EXPECT_EQ(
        envelope("Subject: 1\nSubject: 2\nTo: a@x\nTo: b@x\n\n"),
        "(NIL \"1\" NIL NIL NIL ((NIL NIL \"a\" \"x\")(NIL NIL \"b\" \"x\")) NIL NIL NIL NIL)");
    // Text without a host is no group.
    EXPECT_EQ(
        envelope("To: words\nCc: <@r:a@x>\n\n"),
        "(NIL NIL NIL NIL NIL ((NIL NIL \"words\" \"\")) ((NIL \"@r\" \"a\" \"x\")) NIL NIL NIL)");
    EXPECT_EQ(envelope("Subject: a\n\tb\xE9\n\n"),
              "(NIL {4}\r\na\tb\xE9 NIL NIL NIL NIL NIL NIL NIL NIL)");
}

TEST(ImapText, BodyStructures) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"\nx\n", R"(("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 3 1 NIL NIL NIL NIL))"},
        {"Content-Type: IMAGE/PNG; Name=x\nContent-Transfer-Encoding: Base64\nContent-ID: "
         "<i>\nContent-Description: d\nContent-MD5: m\n"
         "Content-Disposition: INLINE; filename*=utf-8''%C3%A9\nContent-Language: en, "
         "fr\nContent-Location: l\n\nAA\n",
         "(\"image\" \"png\" (\"name\" \"x\") \"<i>\" \"d\" \"base64\" 4 \"m\" (\"inline\" "
         "(\"filename*\" {2}\r\n\xC3\xA9)) (\"en\" \"fr\") \"l\")"},
        {"Content-Type: multipart/Mixed; boundary=b\nContent-Language: en\n\n--b\n\n--b\n--b--\n",
         R"((("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL) "mixed" ("boundary" "b") NIL "en" NIL))"},
        {"Content-Type: message/rfc822\n\n\nx",
         R"(("message" "rfc822" NIL NIL NIL "7bit" 3 (NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL) ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) 1 NIL NIL NIL NIL))"},
    };
    for (auto& [message, want] : cases)
        EXPECT_EQ(parse(crlf(message)).imap_bodystructure, want) << message;
}

// Parentheses and strings of an IMAP text are balanced: what every client relies on.
bool is_balanced(std::string_view text) {
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') {
            for (++i; i < text.size() && text[i] != '"'; ++i) i += text[i] == '\\';
        } else if (text[i] == '{') {
            auto end = text.find('}', i);
            if (end == text.npos) return false;
            i = end + 2 +
                static_cast<std::size_t>(std::stoul(std::string(text.substr(i + 1, end - i - 1))));
        } else if (text[i] == '(') {
            ++depth;
        } else if (text[i] == ')' && --depth < 0) {
            return false;
        }
        if (i >= text.size()) return false;
    }
    return depth == 0;
}

TEST(ImapText, AlwaysBalanced) {
    for (std::string_view nasty :
         {"\"", "\\", "\"\\", "(", ")", "{3}", "{3}\r\n", "\xFF(", "\x01", ""}) {
        std::string header;
        for (auto name : {"Subject", "From", "To", "Message-ID", "Content-ID",
                          "Content-Description", "Content-Language", "Content-MD5"}) {
            header.append(name).append(": ").append(nasty).append("\r\n");
        }
        header.append("Content-Type: a/b; x=\"")
            .append(nasty)
            .append("\"; ")
            .append(nasty)
            .append("=y\r\n");
        header.append("Content-Disposition: ")
            .append(nasty)
            .append("; x=")
            .append(nasty)
            .append("\r\n\r\n");
        auto s = parse(header);
        EXPECT_TRUE(is_balanced(s.imap_envelope)) << s.imap_envelope;
        EXPECT_TRUE(is_balanced(s.imap_body)) << s.imap_body;
        EXPECT_TRUE(is_balanced(s.imap_bodystructure)) << s.imap_bodystructure;
    }
}

}  // namespace
}  // namespace rook::message
