// An SMTP command as a row: everything that the session needs to know of it before it runs.
//
// Add one: a file in commands/, a line in command_list.cpp.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "smtp/smtp.h"

namespace rook::smtp {

class Session;

// Which servers know it.
enum Kinds : std::uint8_t { kLmtp = 1, kSubmission = 2, kBoth = 3 };

// What must have gone before; each asks for those above it.
enum class Needs : std::uint8_t {
    Nothing,
    Hello,
    Login,  // submission only
    Mail,
    Recipients,
};

// Where it runs.
enum class Where : std::uint8_t {
    Loop,
    // In a job: it reads the disk. Such commands that come together run in one.
    Job,
};

struct CommandSpec {
    std::string_view name;
    std::string_view rfc;
    std::string_view usage;  // for HELP
    Kinds kinds = kBoth;
    Needs needs = Needs::Nothing;
    Where where = Where::Loop;
    bool takes_arguments = false;
    // A line of the answer to LHLO and EHLO; empty when there is none, or it depends on the
    // connection (commands/hello.cpp).
    std::string_view keyword = {};
    // `args` is what follows the first blank, and lives for the call.
    void (*run)(Session&, std::string_view args) = nullptr;
    std::span<const std::string_view> examples = {};
};

std::span<const CommandSpec* const> all_commands();
// Null when that kind of server has none of that name, in any case.
const CommandSpec* find_command(std::string_view name, Kind);

}  // namespace rook::smtp
