#include "message/preview.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "message/test_support.h"

namespace rook::message {
namespace {

TEST(Preview, Folds) {
    EXPECT_EQ(fold_preview(" a\r\n\tb\xC2\xA0 c \n"), "a b c");
    EXPECT_EQ(fold_preview("a\xE2\x80\x8B\xCD\x8F\x01"
                           "b"),
              "ab");
    EXPECT_EQ(fold_preview("abc", 2), "ab");
    EXPECT_EQ(fold_preview("a b", 2), "a");
    std::string euros;
    for (int i = 0; i < 1000; ++i) euros += "\xE2\x82\xAC";
    EXPECT_EQ(utf8_length(fold_preview(euros)), kPreviewCharacters);
}

TEST(Preview, OfMessages) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"Subject: x\n\nHello  there\n", "Hello there"},
        {"Content-Type: text/html\n\n<style>x</style><p>Hello &amp; there</p>", "Hello & there"},
        {"Content-Transfer-Encoding: base64\n\nSGVsbG8=\n", "Hello"},
        {"Content-Type: text/plain; charset=iso-8859-1\n\nh\xE9\n", "h\xC3\xA9"},
        {"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: "
         "text/html\n\n<p>html</p>\n--b\n\nplain\n--b--\n",
         "plain"},
        {"Content-Type: multipart/alternative; boundary=b\n\n--b\n\n \n--b\nContent-Type: "
         "text/html\n\n<p>html</p>\n--b--\n",
         "html"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Disposition: "
         "attachment\n\nno\n--b\n\nyes\n--b--\n",
         "yes"},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: "
         "message/rfc822\n\nSubject: y\n\ninner\n--b\n\nouter\n--b--\n",
         "outer"},
        {"Content-Type: message/rfc822\n\nSubject: y\n\ninner\n", "inner"},
        {"Content-Type: image/png\n\nxyz", ""},
        {"Content-Type: multipart/mixed; boundary=b\n\n--b\n\ncut\n--b", "cut"},
    };
    for (auto& [message, want] : cases) EXPECT_EQ(parse(crlf(message)).preview, want) << message;
}

}  // namespace
}  // namespace rook::message
