#include "message/html_text.h"

#include <gtest/gtest.h>

namespace rook::message {
namespace {

TEST(HtmlText, ReadableText) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},
        {"plain  text\r\n here", "plain text here"},
        {"<p>a</p><p>b</p>", "a\nb\n"},
        {"a<br>b<BR/>c", "a\nb\nc"},
        {"a<b>b</b>c", "abc"},
        {"<td>a</td><td>b</td>", "a b "},
        {"a &amp; b&lt;c&gt; &eacute;&#233;&#xE9; &nonsense; &",
         "a & b<c> \xC3\xA9\xC3\xA9\xC3\xA9 &nonsense &"},
        {"a&nbsp;&nbsp;b", "a b"},
        {"a&#8203;&shy;&zwnj;b", "ab"},
        {"&#0;x&#1114112;", "x\xEF\xBF\xBD"},
        {"<style>p { color: red } </style>a", "a"},
        {"<STYLE type='x'>a</b></STYLE >b", "b"},
        {"<script>if (a < b) '</scr' + \"<style>\"</script>a", "a"},
        {"<title>t</title><body>a</body>", "a\n"},
        {"<style>never closed", ""},
        {"<!-- a <b> -- > --x-->c", "c"},
        {"<!--[if mso]><p>x</p><![endif]-->c", "c"},
        {"<!doctype html><?xml?>a", "a"},
        {"<a href=\"x>y\" title='a>b'>t</a>", "t"},
        {"<a href=x title=it's>t</a>", "t"},
        {"<img src=\"http://tracker/x.gif\" alt=\"pixel\">a", "a"},
        {"a < b <3 c", "a < b <3 c"},
        {"a<", "a<"},
        {"a<b", "a"},
        {"&am", "&am"},
        {"<p>a</p>   <p>b</p>", "a\nb\n"},
    };
    for (auto& [html, want] : cases) {
        EXPECT_EQ(html_to_text(html), want) << html;
        // In two pieces: the same but for white space before a line end.
        for (std::size_t cut = 1; cut < html.size(); ++cut) {
            HtmlText text;
            std::string out;
            text.feed(html.substr(0, cut), out);
            text.feed(html.substr(cut), out);
            text.finish(out);
            EXPECT_EQ(out, want) << html << " cut at " << cut;
        }
    }
}

}  // namespace
}  // namespace rook::message
