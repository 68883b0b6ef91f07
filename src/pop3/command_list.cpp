// The table of contents of the protocol: every command that there is.
#include "base/ascii.h"
#include "pop3/command.h"

#define COMMANDS(X) \
    X(auth)         \
    X(capa)         \
    X(dele)         \
    X(list)         \
    X(noop)         \
    X(pass)         \
    X(quit)         \
    X(retr)         \
    X(rset)         \
    X(stat)         \
    X(stls)         \
    X(top)          \
    X(uidl)         \
    X(user)

namespace rook::pop3 {

#define X(name) extern const CommandSpec name##_command;
COMMANDS(X)
#undef X

namespace {
#define X(name) &name##_command,
constexpr const CommandSpec* list[] = {COMMANDS(X)};
#undef X
}  // namespace

std::span<const CommandSpec* const> all_commands() { return list; }

const CommandSpec* find_command(std::string_view name) {
    for (const auto* command : list) {
        if (iequals(command->name, name)) return command;
    }
    return nullptr;
}

}  // namespace rook::pop3
