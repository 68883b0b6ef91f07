// talk_runner [-v] FILE|FOLDER...: runs talk files, prints what failed, exits with 1 when anything
// did.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "talk/talk_script.h"

int main(int argc, char** argv) {
    namespace fs = std::filesystem;
    bool verbose = false;
    std::vector<fs::path> files;
    for (int i = 1; i < argc; ++i) {
        std::string argument = argv[i];
        if (argument == "-v") {
            verbose = true;
        } else if (fs::is_directory(argument)) {
            for (auto& entry : fs::recursive_directory_iterator(argument)) {
                if (entry.path().extension() == ".talk") files.push_back(entry.path());
            }
        } else {
            files.emplace_back(argument);
        }
    }
    std::sort(files.begin(), files.end());
    int failed = 0;
    for (auto& file : files) {
        std::ifstream in(file, std::ios::binary);
        if (!in) {
            fmt::print(stderr, "{}: cannot read it\n", file.string());
            ++failed;
            continue;
        }
        auto outcome = rook::talk::run_script(std::string(std::istreambuf_iterator<char>(in), {}),
                                              file.string(), ROOKERY_SOURCE_DIR "/tests/corpus");
        if (verbose || !outcome.passed)
            fmt::print("{}", outcome.dialogue.size() > 20'000 && !verbose
                                 ? outcome.dialogue.substr(outcome.dialogue.size() - 20'000)
                                 : outcome.dialogue);
        if (!outcome.passed) {
            fmt::print("{}\n", outcome.error);
            ++failed;
        }
    }
    fmt::print("{} talk files, {} failed\n", files.size(), failed);
    return failed || files.empty() ? 1 : 0;
}
