// Runs one talk file (README.md says what may stand in it).
#pragma once

#include <string>

namespace rook::talk {

struct Outcome {
    bool passed = false;
    std::string error;     // "FILE:LINE: expected ..., got ..."
    std::string dialogue;  // everything that was said, for -v
};

// `text` is the file's content, `name` its name for messages, `corpus` the folder of `file` lines.
Outcome run_script(const std::string& text, const std::string& name, const std::string& corpus);

}  // namespace rook::talk
