// What is asked of, and shown to, a person at a terminal.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rook::admin {

bool is_terminal(int fd);

// On the terminal, without echo, twice. Cannot when there is none; BadSyntax when the two differ.
Result<std::string> ask_new_password();
// The first line of standard input, without its end.
Result<std::string> read_password_line();
bool ask_yes(std::string_view question);

// A line on standard error that is drawn over and over; nothing when that is no terminal.
class ProgressBar {
public:
    ~ProgressBar() { end(); }
    void show(std::uint64_t done, std::uint64_t all);
    // What is written next begins a line.
    void end();

private:
    int last_percent_ = -1;
    bool is_drawn_ = false;
};

}  // namespace rook::admin
