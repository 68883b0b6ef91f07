// The load generator: drives any IMAP, POP3 or LMTP server on this machine and prints one JSON
// object of what it measured. An answer that is not expected is an error: it is counted, the first
// is shown, and the exit code is 1. bench/README.md lists the verbs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rook::bench {

// The words after the program's own name, which errors begin with. Returns an exit code: 1 an
// answer was wrong, 2 it could not work, 64 (sysexits.h) and a list of the verbs.
int run(std::string_view program, const std::vector<std::string>& words);

}  // namespace rook::bench
