// What tests of several layers share. Not for the program: it includes no gtest, but reads the
// source tree.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <string>

namespace rook {

inline std::string load_text(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
}

// What the talk files of one command show.
struct Talks {
    bool are_there = false, show_refusal = false, have_second_client = false;
};

// Of the files in `folder` (tests/talk/<protocol>) for which is_own(stem, text) is true. `refusal`
// is a regular expression of what follows "<name> < " in a line that shows a refusal.
template <class IsOwn>
Talks read_talks(const std::filesystem::path& folder, const std::string& refusal, IsOwn is_own) {
    const std::regex refused("(^|\n)\\S+ <(-|\\.\\.\\.)? " + refusal);
    static const std::regex opened("(^|\n)open!? ");
    Talks talks;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        const auto text = load_text(file.path());
        if (!is_own(file.path().stem().string(), text)) continue;
        talks.are_there = true;
        talks.show_refusal |= std::regex_search(text, refused);
        talks.have_second_client |=
            std::distance(std::sregex_iterator(text.begin(), text.end(), opened), {}) >= 2;
    }
    return talks;
}

}  // namespace rook
