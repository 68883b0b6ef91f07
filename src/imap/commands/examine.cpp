// EXAMINE (RFC 9051 6.3.3): SELECT that changes nothing.
#include "imap/select.h"

#include "imap/session.h"

namespace rook::imap {
namespace {

constexpr std::string_view examples[] = {"EXAMINE INBOX", "EXAMINE INBOX (CONDSTORE)"};

}  // namespace

extern const CommandSpec examine{
    .name = "EXAMINE",
    .rfc = "9051",
    .states = State::AfterLogin,
    .parse = parse_select<mailbox::Account::Access::ReadOnly>,
    .examples = examples,
};
}  // namespace rook::imap
