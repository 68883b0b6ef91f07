#include "message/threads.h"

#include <gtest/gtest.h>

namespace rook::message {
namespace {

TEST(Threads, BaseSubject) {
    struct {
        std::string_view subject, want;
        bool is_answer;
    } cases[] = {
        {"", "", false},
        {"Hello", "Hello", false},
        {"Re: Hello", "Hello", true},
        {"RE : re: Fwd: FW:Hello", "Hello", true},
        {"Re[2]: Hello", "Hello", true},
        {"Re [long] : Hello", "Hello", true},
        {"[list] Re: Hello", "Hello", true},
        {"[list] [other] Hello", "Hello", false},
        {"[list][other] Re: Hello", "Hello", true},
        {"[list]", "[list]", false},
        {"[a] [b]", "[b]", false},
        {"Hello (fwd)", "Hello", true},
        {"Hello (fwd) (FWD)  ", "Hello", true},
        {"[Fwd: Hello]", "Hello", true},
        {"[Fwd: [Fwd: Re: Hello] (fwd)]", "Hello", true},
        {"[fwd:]", "", true},
        {"Re:", "", true},
        {"Re: ", "", true},
        {"Reply", "Reply", false},
        {"Re Hello", "Re Hello", false},
        {"a\t b  c", "a b c", false},
        {"[unclosed Re: x", "[unclosed Re: x", false},
        {"[a[b] x", "[a[b] x", false},
        {"Aw: x", "Aw: x", false},
    };
    for (auto& c : cases) {
        EXPECT_EQ(base_subject(c.subject), c.want) << c.subject;
        EXPECT_EQ(is_reply_or_forward(c.subject), c.is_answer) << c.subject;
    }
}

TEST(Threads, MessageIds) {
    std::pair<std::string_view, std::string_view> cases[] = {
        {"", ""},
        {"<a@b>", "a@b"},
        {" <a@b> (comment)", "a@b"},
        {"<a@b> <c@d>", "a@b"},
        {"a@b", "a@b"},
        {"<a@b", "a@b"},
        {"<a b@c>", "ab@c"},
        {"<>", ">"},
        {"<<a@b>", "a@b"},
        {"junk <a@b>", "a@b"},
    };
    for (auto& [value, want] : cases) EXPECT_EQ(first_message_id(value), want) << value;
}

TEST(Threads, References) {
    using Ids = std::vector<std::string>;
    EXPECT_EQ(thread_references("", ""), Ids{});
    EXPECT_EQ(thread_references("<a> <b>", "<c>"), (Ids{"a", "b", "c"}));
    EXPECT_EQ(thread_references("<a> <b>", "<b>"), (Ids{"a", "b"}));
    EXPECT_EQ(thread_references("<a><b>junk<c <d>", "Your message <e> of <f@x>"),
              (Ids{"a", "b", "d", "e"}));
    EXPECT_EQ(thread_references("<a> <a> <a>", "<a>"), (Ids{"a"}));
    EXPECT_EQ(thread_references("", "no id"), Ids{});
    std::string many;
    for (int i = 0; i < 200; ++i) many += "<" + std::to_string(i) + "> ";
    auto ids = thread_references(many, "<last>");
    ASSERT_EQ(ids.size(), kMostReferences);
    EXPECT_EQ(ids.front(), "0");
    EXPECT_EQ(ids[1], "152");
    EXPECT_EQ(ids.back(), "last");
}

}  // namespace
}  // namespace rook::message
