// Linked in place of base/sabotage.cpp.
#include "base/sabotage.h"

#include <cstdlib>
#include <string_view>

namespace rook {
namespace {

constexpr std::string_view kNames[] = {
    "skip-flush",    "answer-before-commit", "reuse-uid",      "forget-expunge", "leak-flag",
    "skip-checksum", "keep-numbers",         "keep-plaintext", "lone-newline",   "assert-input",
    "no-limit",      "look-again",           "tell-unknown",   "keep-strangers"};

std::string_view chosen() {
    static const char* const name = std::getenv("ROOKERY_SABOTAGE");
    return name ? name : "";
}

}  // namespace

bool sabotaged(Sabotage kind) { return chosen() == kNames[static_cast<int>(kind)]; }

}  // namespace rook
