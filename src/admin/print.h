// Answers as people read them, and sizes as they write them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "admin/json.h"
#include "admin/verb.h"

namespace rook::admin {

// A table for a list of objects, "name  value" lines for an object, a line for each text. Control
// characters are shown as '?': a mailbox's name must not command the terminal.
std::string shown(const Verb&, const Json& answer);

// "5 GB", "100MB", "1024"; powers of 1024.
std::optional<std::uint64_t> read_size(std::string_view);
std::string show_size(std::uint64_t);

}  // namespace rook::admin
