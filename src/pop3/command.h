// A POP3 command as a row: everything that the session needs to know of it before it runs.
//
// Add one: a file in commands/, a line in command_list.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace rook::pop3 {

class Session;

// RFC 1939 3. (UPDATE is the end of QUIT.)
enum State : std::uint8_t { kAuthorization = 1, kTransaction = 2 };

struct CommandSpec {
    std::string_view name;
    std::string_view rfc;
    std::string_view usage;   // what a syntax error tells the client to send
    std::uint8_t states = 0;  // bits
    unsigned min_args = 0, max_args = 0;
    // A CAPA line that this command stands for; empty when it is part of RFC 1939's minimum, or its
    // line depends on the connection (commands/capa.cpp).
    std::string_view capability = {};
    // `args` is what follows the first blank, and lives for the call.
    void (*run)(Session&, std::string_view args) = nullptr;
    std::span<const std::string_view> examples = {};
};

constexpr unsigned kAnyArgs = ~0u;

std::span<const CommandSpec* const> all_commands();
// Null when there is none of that name, in any case.
const CommandSpec* find_command(std::string_view name);

}  // namespace rook::pop3
