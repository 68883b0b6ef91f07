// Every verb: the table of contents of the command line and of the admin API.
#pragma once

#include <span>
#include <string_view>

#include "admin/verb.h"

namespace rook::admin {

std::span<const Verb* const> all_verbs();
// Null when there is none.
const Verb* find_verb(std::string_view name);

// "domain": what the words in front of several verbs stand for; "" when they stand alone.
std::string_view group_help(std::string_view group);

}  // namespace rook::admin
