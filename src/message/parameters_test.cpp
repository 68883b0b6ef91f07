#include "message/parameters.h"

#include <gtest/gtest.h>

namespace rook::message {
namespace {

std::string show(std::string_view value) {
    auto content = parse_content_value(value);
    std::string out = content.word;
    for (auto& p : content.parameters) {
        out += "; " + p.name + "=" + p.value;
        if (p.imap_name != p.name || p.imap_value != p.value)
            out += " {" + p.imap_name + "=" + p.imap_value + "}";
    }
    return out;
}

TEST(Parameters, Values) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},
        {"TEXT/Plain", "text/plain"},
        {"text / plain (comment)", "text/plain"},
        {"text/plain; Charset=utf-8", "text/plain; charset=utf-8"},
        {"text/plain;charset = \"utf-8\" ;format=flowed;",
         "text/plain; charset=utf-8; format=flowed"},
        {"text/plain; charset=us-ascii (Plain; text)", "text/plain; charset=us-ascii"},
        {"text/plain; (x) charset (y) = us-ascii", "text/plain; charset=us-ascii"},
        {"a/b; name=\"a \\\"b\\\" c;d\"", "a/b; name=a \"b\" c;d"},
        {"a/b; name=\"C:\\dir\\file\"", "a/b; name=C:\\dir\\file"},
        {"a/b; name=my file (1).pdf; x=y", "a/b; name=my file (1).pdf; x=y"},
        {"a/b; name=\"open; x=y", "a/b; name=open; x=y"},
        {"a/b; name; x=y", "a/b; x=y"},
        {"a/b; =z; x=y", "a/b; x=y"},
        {"a/b; x=", "a/b; x="},
        {"a/b; x=1; x=2", "a/b; x=1"},
        {"a/b;;; x=1", "a/b; x=1"},
        // RFC 2231 3 and 4
        {"m/e; URL*0=\"ftp://\"; URL*1=\"cs.utk.edu/x\"", "m/e; url=ftp://cs.utk.edu/x"},
        {"a/b; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
         "a/b; title=This is ***fun***"},
        {"a/b; title*0*=us-ascii'en'This%20is%20even%20more%20; title*1*=%2A%2A%2Afun%2A%2A%2A%20; "
         "title*2=\"isn't it!\"",
         "a/b; title=This is even more ***fun*** isn't it!"},
        {"a/b; filename*=utf-8''na%C3%AFve.txt",
         "a/b; filename=na\xC3\xAFve.txt {filename*=na\xC3\xAFve.txt}"},
        {"a/b; filename*=iso-8859-1''na%EFve",
         "a/b; filename=na\xC3\xAFve {filename*=na\xC3\xAFve}"},
        {"a/b; filename=naive; filename*=utf-8''na%C3%AFve",
         "a/b; filename=na\xC3\xAFve {filename*=na\xC3\xAFve}"},
        {"a/b; filename*1=b; filename*0=a; filename*3=d", "a/b; filename=ab"},
        {"a/b; filename*1=b; filename*2=c", "a/b; filename=bc"},
        {"a/b; filename*0=a; filename*0=x; filename*1=b", "a/b; filename=ab"},
        {"a/b; filename*0*=utf-8''%C3; filename*1*=%A9",
         "a/b; filename=\xC3\xA9 {filename*=\xC3\xA9}"},
        {"a/b; filename*=no-quotes%41", "a/b; filename=no-quotesA"},
        {"a/b; filename*99999999999=x", "a/b; filename*99999999999=x"},
        {"a/b; filename*=utf-8''a%00b%zz%", "a/b; filename=ab%zz%"},
        // Encoded words, where they must not be
        {"a/b; name=\"=?utf-8?q?na=C3=AFve?=\"",
         "a/b; name=na\xC3\xAFve {name==?utf-8?q?na=C3=AFve?=}"},
        {"a/b; name=\"na\xC3\xAFve\"", "a/b; name=na\xC3\xAFve"},
        {"a/b; name=\"na\xEFve\"", "a/b; name=na\xC3\xAFve {name=na\xEFve}"},
        {"attachment; filename=\"x\\", "attachment; filename=x\\"},
    };
    for (auto& [value, want] : cases) EXPECT_EQ(show(value), want) << value;
}

TEST(Parameters, Limit) {
    std::string value = "a/b";
    for (int i = 0; i < 1000; ++i) value += "; n" + std::to_string(i) + "=v";
    EXPECT_EQ(parse_content_value(value).parameters.size(), kMostParameters);
}

TEST(Parameters, MediaTypes) {
    EXPECT_EQ(split_media_type("text/plain"), std::pair(std::string("text"), std::string("plain")));
    for (std::string_view bad : {"", "text", "/plain", "text/", "te xt/plain", "text/pl/ain",
                                 "text/\"x\"", "t\xC3\xA9xt/plain"}) {
        EXPECT_EQ(split_media_type(bad), std::nullopt) << bad;
    }
}

}  // namespace
}  // namespace rook::message
