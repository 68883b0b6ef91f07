// The list of commands is whole and says the truth of itself.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/ascii.h"
#include "base/testing.h"
#include "pop3/command.h"

namespace rook::pop3 {
namespace {

namespace fs = std::filesystem;

TEST(Registry, NamesAreUniqueAndFoundInAnyCase) {
    std::set<std::string_view> names;
    for (const auto* command : all_commands()) {
        EXPECT_TRUE(names.insert(command->name).second) << command->name;
        EXPECT_EQ(find_command(to_lower(command->name)), command);
        EXPECT_NE(command->run, nullptr) << command->name;
        EXPECT_NE(command->states, 0) << command->name;
        EXPECT_FALSE(command->rfc.empty()) << command->name;
        EXPECT_LE(command->min_args, command->max_args) << command->name;
    }
    EXPECT_EQ(find_command("APOP"), nullptr);
    EXPECT_EQ(find_command("LAST"), nullptr);
    EXPECT_EQ(find_command(""), nullptr);
}

TEST(Registry, ExamplesAndUsageAreOfTheCommand) {
    for (const auto* command : all_commands()) {
        EXPECT_FALSE(command->examples.empty()) << command->name;
        for (auto example : command->examples) {
            EXPECT_EQ(split(example, ' ')[0], command->name);
        }
        EXPECT_EQ(split(command->usage, ' ')[0], command->name);
    }
}

TEST(Registry, EveryRfcIsOnRecord) {
    std::set<std::string> rfcs;
    std::ifstream file(fs::path(ROOKERY_SOURCE_DIR) / "docs/rfc.tsv");
    for (std::string line; std::getline(file, line);) rfcs.insert(line.substr(0, line.find('\t')));
    for (const auto* command : all_commands()) {
        EXPECT_TRUE(rfcs.contains(std::string(command->rfc))) << command->name;
    }
}

TEST(Registry, EveryFileIsListedAndEveryCommandHasItsTalks) {
    const fs::path root = ROOKERY_SOURCE_DIR;
    std::size_t files = 0;
    for (const auto& file : fs::directory_iterator(root / "src/pop3/commands")) {
        if (file.path().extension() != ".cpp") continue;
        ++files;
        EXPECT_NE(find_command(file.path().stem().string()), nullptr) << file.path();
    }
    EXPECT_EQ(files, all_commands().size());

    for (const auto* command : all_commands()) {
        const auto own = to_lower(command->name) + "_";
        const auto talks = read_talks(
            root / "tests/talk/pop3", "-ERR ",
            [&](const std::string& stem, const std::string&) { return stem.starts_with(own); });
        EXPECT_TRUE(talks.are_there) << own;
        EXPECT_TRUE(talks.show_refusal) << own;
        EXPECT_TRUE(talks.have_second_client) << own;
    }
}

}  // namespace
}  // namespace rook::pop3
