// HELP (RFC 5321 4.1.1.8): the commands there are.
#include "smtp/receive/session.h"

namespace rook::smtp {
namespace {

void run(Session& s, std::string_view args) {
    if (const auto* command = find_command(args, s.kind())) {
        return s.reply({214, "2.0.0"}, command->usage);
    }
    std::string names = "Commands:";
    for (const auto* command : all_commands()) {
        if (find_command(command->name, s.kind())) names.append(" ").append(command->name);
    }
    s.reply({214, "2.0.0"}, names);
}

constexpr std::string_view examples[] = {"HELP", "HELP MAIL"};

}  // namespace

extern const CommandSpec help_command{
    .name = "HELP",
    .rfc = "5321",
    .usage = "HELP [command]",
    .takes_arguments = true,
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
