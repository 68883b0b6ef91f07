// SELECT (RFC 9051 6.3.2): opens a mailbox to read and change.
#include "imap/select.h"

#include "imap/session.h"

namespace rook::imap {
namespace {

constexpr std::string_view examples[] = {"SELECT INBOX", "SELECT \"New mail\" (CONDSTORE)"};

}  // namespace

extern const CommandSpec select{
    .name = "SELECT",
    .rfc = "9051",
    .states = State::AfterLogin,
    .parse = parse_select<mailbox::Account::Access::ReadWrite>,
    .examples = examples,
};
}  // namespace rook::imap
