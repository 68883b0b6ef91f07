// The table of contents of the protocol: a command is a file in commands/ and a line here, an
// extension that changes commands is a file in extensions/ and a line here.
#include "imap/command_list.h"

#include <algorithm>

#include "base/ascii.h"

// In any state, before login, after login, with a mailbox selected (RFC 9051 6).
#define ROOK_IMAP_COMMANDS(X) \
    X(capability)             \
    X(noop)                   \
    X(logout)                 \
    X(id)                     \
    X(starttls)               \
    X(authenticate)           \
    X(login)                  \
    X(enable)                 \
    X(select)                 \
    X(examine)                \
    X(create)                 \
    X(delete_)                \
    X(rename)                 \
    X(subscribe)              \
    X(unsubscribe)            \
    X(list)                   \
    X(lsub)                   \
    X(namespace_)             \
    X(status)                 \
    X(append)                 \
    X(idle)                   \
    X(check)                  \
    X(close)                  \
    X(unselect)               \
    X(expunge)                \
    X(uid_expunge)            \
    X(copy)                   \
    X(uid_copy)               \
    X(move)                   \
    X(uid_move)               \
    X(fetch)                  \
    X(uid_fetch)              \
    X(search)                 \
    X(uid_search)             \
    X(store)                  \
    X(uid_store)

#define ROOK_IMAP_EXTENSIONS(X) \
    X(rev2)                     \
    X(literal)                  \
    X(sasl_ir)                  \
    X(append_limit)             \
    X(list_extended)            \
    X(special_use)              \
    X(status_size)              \
    X(condstore)                \
    X(objectid)                 \
    X(binary)                   \
    X(preview)                  \
    X(esearch)                  \
    X(searchres)

namespace rook::imap {

#define X(name) extern const CommandSpec name;
ROOK_IMAP_COMMANDS(X)
#undef X
#define X(name) extern const Extension name;
namespace extensions {
ROOK_IMAP_EXTENSIONS(X)
}
#undef X

std::span<const CommandSpec* const> all_commands() {
#define X(name) &name,
    static constexpr const CommandSpec* kCommands[] = {ROOK_IMAP_COMMANDS(X)};
#undef X
    return kCommands;
}

std::span<const Extension* const> all_extensions() {
#define X(name) &extensions::name,
    static constexpr const Extension* kExtensions[] = {ROOK_IMAP_EXTENSIONS(X)};
#undef X
    return kExtensions;
}

const CommandSpec* find_command(std::string_view name) {
    const auto commands = all_commands();
    const auto found = std::find_if(commands.begin(), commands.end(), [&](const auto* command) {
        return iequals(command->name, name);
    });
    return found == commands.end() ? nullptr : *found;
}

}  // namespace rook::imap
