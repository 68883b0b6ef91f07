// Runs a proof: lives by seed, until enough was seen, with progress and a report.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"

namespace rook::states {

struct Options {
    std::uint64_t seed = 1;
    // It goes on until both are reached.
    std::uint64_t points = 0;  // of what the proof counts
    double minutes = 0;
    std::string report;    // a file, or empty
    std::string kind;      // of files, the only one to damage; or empty
    bool goes_on = false;  // behind what is wrong, to see how much there is
};

// What was seen so far, by its name in the report.
using Counts = std::map<std::string, std::uint64_t>;

struct Proof {
    std::string name;  // "states-core"
    std::string unit;  // of Counts: what `points` counts
    // Goes through the life of a seed. What was wrong, in words: none when all is well. The same
    // seed does the same again.
    std::function<std::vector<std::string>(std::uint64_t seed, Counts&)> live;
};

// An error as what is wrong.
std::string said(const Error&);

// Prints, writes the report, and gives the exit code: 1 at the first life in which something was
// wrong.
int prove(const Proof&, const Options&);

}  // namespace rook::states
