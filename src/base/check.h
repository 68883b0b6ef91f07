// CHECK: an assertion that stays on. A broken one is a bug: it throws, the one catch around the
// running command ends that session with a BYE and a log line, and the process and everybody else
// go on. Debug, sanitizer and fuzz builds abort instead.
#pragma once

#include <source_location>
#include <stdexcept>

namespace rook {

class Bug : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

[[noreturn]] void bug(const char* what,
                      std::source_location where = std::source_location::current());

#define CHECK(condition)                          \
    do {                                          \
        if (!(condition)) [[unlikely]]            \
            ::rook::bug("CHECK(" #condition ")"); \
    } while (false)

}  // namespace rook
