// The list of commands is whole and says the truth of itself.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "base/ascii.h"
#include "base/testing.h"
#include "smtp/receive/command.h"

namespace rook::smtp {
namespace {

namespace fs = std::filesystem;

TEST(Registry, NamesAreUniqueAndOfTheirKind) {
    std::set<std::string_view> names;
    for (const auto* command : all_commands()) {
        EXPECT_TRUE(names.insert(command->name).second) << command->name;
        EXPECT_EQ(find_command(to_lower(command->name), Kind::Lmtp) == command,
                  (command->kinds & kLmtp) != 0);
        EXPECT_EQ(find_command(to_lower(command->name), Kind::Submission) == command,
                  (command->kinds & kSubmission) != 0);
        EXPECT_NE(command->run, nullptr) << command->name;
        EXPECT_FALSE(command->rfc.empty()) << command->name;
        EXPECT_FALSE(command->examples.empty()) << command->name;
        for (auto example : command->examples) EXPECT_EQ(split(example, ' ')[0], command->name);
        EXPECT_EQ(split(command->usage, ' ')[0], command->name);
    }
    EXPECT_EQ(find_command("EHLO", Kind::Lmtp), nullptr);
    EXPECT_EQ(find_command("LHLO", Kind::Submission), nullptr);
    EXPECT_EQ(find_command("TURN", Kind::Lmtp), nullptr);
    EXPECT_EQ(find_command("", Kind::Lmtp), nullptr);
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
    for (const auto& file : fs::directory_iterator(root / "src/smtp/receive/commands")) {
        if (file.path().extension() != ".cpp") continue;
        ++files;
        const auto name = file.path().stem().string();
        EXPECT_TRUE(find_command(name, Kind::Lmtp) || find_command(name, Kind::Submission)) << name;
    }
    EXPECT_EQ(files, all_commands().size());

    for (const auto& [folder, bit] : {std::pair{"lmtp", kLmtp}, {"submission", kSubmission}}) {
        for (const auto* command : all_commands()) {
            if (!(command->kinds & bit)) continue;
            const auto own = to_lower(command->name) + "_";
            const auto talks = read_talks(
                root / "tests/talk" / folder, "[45][0-9][0-9] ",
                [&](const std::string& stem, const std::string&) { return stem.starts_with(own); });
            EXPECT_TRUE(talks.are_there) << folder << " " << own;
            EXPECT_TRUE(talks.show_refusal) << folder << " " << own;
            EXPECT_TRUE(talks.have_second_client) << folder << " " << own;
        }
    }
}

}  // namespace
}  // namespace rook::smtp
