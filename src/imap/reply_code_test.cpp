#include "imap/reply_code.h"

#include <gtest/gtest.h>

#include "imap/wire/args.h"

namespace rook::imap {
namespace {

TEST(ReplyCode, EveryReasonHasItsWords) {
    struct {
        Why why;
        std::string_view status, code;
    } const cases[] = {
        {Why::NotFound, "NO", "NONEXISTENT"}, {Why::Exists, "NO", "ALREADYEXISTS"},
        {Why::Denied, "NO", "NOPERM"},        {Why::Insecure, "NO", "PRIVACYREQUIRED"},
        {Why::OverQuota, "NO", "OVERQUOTA"},  {Why::TooBig, "NO", "TOOBIG"},
        {Why::Limit, "NO", "LIMIT"},          {Why::Busy, "NO", "UNAVAILABLE"},
        {Why::Gone, "NO", "EXPUNGEISSUED"},   {Why::BadSyntax, "BAD", ""},
        {Why::Unsupported, "NO", ""},         {Why::Cannot, "NO", "CANNOT"},
        {Why::NoSpace, "NO", "LIMIT"},        {Why::Io, "NO", "SERVERBUG"},
        {Why::Corrupt, "NO", "CORRUPTION"},
    };
    for (const auto& c : cases) {
        EXPECT_EQ(reply_code(c.why).status, c.status) << to_string(c.why);
        EXPECT_EQ(reply_code(c.why).code, c.code) << to_string(c.why);
        // A code is an atom (RFC 9051 9, resp-text-code).
        for (const char letter : reply_code(c.why).code) EXPECT_TRUE(wire::is_atom_char(letter));
    }
}

}  // namespace
}  // namespace rook::imap
