#include "smtp/receive/trace.h"

#include <gtest/gtest.h>

namespace rook::smtp {
namespace {

TEST(Trace, NothingTheClientSaysLeavesItsPlace) {
    const net::Peer peer{.address = "2001:db8::1", .port = 7, .network = "n"};
    TraceFacts facts{.kind = Kind::Submission,
                     .hello = "a)(b;\r\nX: y",
                     .peer = peer,
                     .hostname = "mail.e.test",
                     .id = "i"};
    facts.is_utf8 = true;
    facts.is_logged_in = true;
    EXPECT_EQ(received_text(facts),
              "from a??b???X:?y ([IPv6:2001:db8::1])\r\n\tby mail.e.test with UTF8SMTPA id i");
    const net::Peer local{.address = "unix", .port = 0, .network = "unix"};
    TraceFacts over_unix{
        .kind = Kind::Lmtp, .hello = "", .peer = local, .hostname = "m", .id = "i"};
    over_unix.is_tls = true;
    EXPECT_EQ(received_text(over_unix), "from unknown\r\n\tby m with LMTPS id i");
}

}  // namespace
}  // namespace rook::smtp
