// The table of contents of the protocol: every command and every extension.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/ascii.h"
#include "imap/command.h"
#include "imap/extension.h"
#include "imap/unknown.h"

namespace rook::imap {

std::span<const CommandSpec* const> all_commands();
std::span<const Extension* const> all_extensions();

// Null when there is none of that name, in any case. "UID COPY" is one name.
const CommandSpec* find_command(std::string_view name);

// A row of the extensions by its name, in any case: find_row(&Extension::status_items, "SIZE").
// Null when there is none.
template <class Row>
const Row* find_row(std::span<const Row> Extension::* rows, std::string_view name) {
    for (const auto* extension : all_extensions()) {
        for (const Row& row : extension->*rows) {
            if (iequals(row.name, name)) return &row;
        }
    }
    return nullptr;
}

// Reads a name and finds its row. BadSyntax when there is none: "There is no STORE modifier X".
template <class Row>
Result<const Row*> read_row(Args& args, std::span<const Row> Extension::* rows,
                            std::string_view what) {
    const auto name = TRY(args.atom());
    if (const auto* row = find_row(rows, name)) return row;
    return unknown(what, name);
}

// What CAPABILITY says to a session (RFC 9051 6.1.1).
struct CapabilityInput {
    bool is_logged_in = false;
    bool can_start_tls = false;
    bool may_log_in = false;  // else LOGINDISABLED and no AUTH=
    std::span<const std::string_view> mechanisms = {};
    bool literal_minus = false;
    std::uint64_t append_limit = 0;
};
std::string capability_text(const CapabilityInput&);

}  // namespace rook::imap
