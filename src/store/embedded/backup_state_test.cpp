// The list of a state in a folder of backups: written and read again, and refused when any of it
// makes no sense, though its sum be good.
#include "store/embedded/backup_state.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/codec.h"

namespace rook::store {
namespace {

std::string with_sum(std::string text) { return text + fmt::format("sum {:08x}\n", crc32c(text)); }

TEST(BackupState, IsReadAsItWasWritten) {
    BackupState state{.name = "monday",
                      .made = 1'700'000'000,
                      .store = "s 1",
                      .restores = 2,
                      .files = {{"000012.sst", 65536, 0x0102ABCD}, {"CURRENT", 0, 0}}};
    const auto read = read_state("monday", write_state(state));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->name, "monday");
    EXPECT_EQ(read->made, state.made);
    EXPECT_EQ(read->store, "s 1");
    EXPECT_EQ(read->restores, 2u);
    ASSERT_EQ(read->files.size(), 2u);
    EXPECT_EQ(read->files[0].copy(), "000012.sst-65536-0102abcd");
    EXPECT_EQ(read->files[1].copy(), "CURRENT-0-00000000");
    EXPECT_EQ(read->bytes(), 65536u);
}

TEST(BackupState, RefusesLinesThatMakeNoSense) {
    const std::string first = "rookery-state 1\n";
    EXPECT_TRUE(read_state("s", with_sum(first + "made 1\nstore x\nfile a 1 00000000\n")));
    for (std::string_view line :
         {"made \n", "made x\n", "made -1\n", "made 9223372036854775808\n", "restores -1\n",
          "restores 4294967296\n", "file a 1\n", "file a 1 00000000 x\n", "file a -1 00000000\n",
          "file a 1 0000000\n", "file a 1 0000000g\n", "file a 1 +0000000\n", "file  1 00000000\n",
          "file ../a 1 00000000\n", "file .a 1 00000000\n", "file a/b 1 00000000\n",
          "file a\\b 1 00000000\n", "unknown\n", "made\n"}) {
        EXPECT_FALSE(read_state("s", with_sum(first + std::string(line)))) << line;
    }
    const auto long_name = fmt::format("file {:a<101} 1 00000000\n", "a");
    EXPECT_FALSE(read_state("s", with_sum(first + long_name)));
}

TEST(BackupState, RefusesWhatIsCutOrChanged) {
    const auto whole = write_state({"s", 1, "x", 0, {{"a", 1, 2}}});
    for (std::size_t n = 0; n < whole.size(); ++n) {
        EXPECT_FALSE(read_state("s", whole.substr(0, n))) << n;
        auto changed = whole;
        changed[n] = static_cast<char>(changed[n] ^ 1);
        EXPECT_FALSE(read_state("s", changed)) << n;
    }
    EXPECT_FALSE(read_state("s", whole + "\n"));
    EXPECT_FALSE(read_state("s", with_sum("rookery-state 2\nmade 1\n")));
}

}  // namespace
}  // namespace rook::store
