#include "smtp/reply_code.h"

#include <gtest/gtest.h>

namespace rook::smtp {
namespace {

TEST(ReplyLine, OneLineWhateverIsSaid) {
    EXPECT_EQ(reply_line({550, "5.1.1"}, "a\r\n250 ok"), "550 5.1.1 a??250 ok\r\n");
    EXPECT_EQ(reply_line({250, ""}, "SIZE 1", Last::No), "250-SIZE 1\r\n");
    EXPECT_LE(reply_line({550, "5.7.11"}, std::string(10'000, 'x')).size(), 512u);
}

}  // namespace
}  // namespace rook::smtp
