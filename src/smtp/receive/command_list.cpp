// The table of contents of the protocol: every command that there is.
#include "base/ascii.h"
#include "smtp/receive/command.h"

#define COMMANDS(X) \
    X(auth)         \
    X(data)         \
    X(ehlo)         \
    X(expn)         \
    X(helo)         \
    X(help)         \
    X(lhlo)         \
    X(mail)         \
    X(noop)         \
    X(quit)         \
    X(rcpt)         \
    X(rset)         \
    X(starttls)     \
    X(vrfy)

namespace rook::smtp {

#define X(name) extern const CommandSpec name##_command;
COMMANDS(X)
#undef X

namespace {
#define X(name) &name##_command,
constexpr const CommandSpec* list[] = {COMMANDS(X)};
#undef X
}  // namespace

std::span<const CommandSpec* const> all_commands() { return list; }

const CommandSpec* find_command(std::string_view name, Kind kind) {
    const auto bit = kind == Kind::Lmtp ? kLmtp : kSubmission;
    for (const auto* command : list) {
        if ((command->kinds & bit) && iequals(command->name, name)) return command;
    }
    return nullptr;
}

}  // namespace rook::smtp
