// What must be true of every command and extension: the list is the table of contents.
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <sstream>

#include "base/ascii.h"
#include "base/testing.h"
#include "imap/command_list.h"

namespace rook::imap {
namespace {

namespace fs = std::filesystem;
const fs::path kRoot = ROOKERY_SOURCE_DIR;

// "UID COPY" -> "uid_copy"
std::string file_stem(std::string_view name) {
    auto stem = to_lower(name);
    for (auto& c : stem) {
        if (c == ' ') c = '_';
    }
    return stem;
}

std::string without_uid(std::string stem) {
    return stem.starts_with("uid_") ? stem.substr(4) : stem;
}

// A UID form lives in the file of its other form, and EXAMINE, which is SELECT to read only, in
// SELECT's.
std::string file_of(const std::string& stem) {
    return stem == "examine" ? "select" : without_uid(stem);
}

TEST(Registry, NamesAreUnique) {
    std::set<std::string> names;
    for (const auto* command : all_commands()) {
        EXPECT_TRUE(names.insert(to_upper(command->name)).second) << command->name;
        EXPECT_EQ(find_command(to_lower(command->name)), command);
    }
    EXPECT_EQ(find_command("UID"), nullptr);
    EXPECT_EQ(find_command(""), nullptr);
    std::set<std::string> extensions;
    for (const auto* extension : all_extensions()) {
        EXPECT_TRUE(extensions.insert(to_upper(extension->name)).second) << extension->name;
    }
}

template <class Row>
void expect_unique(std::span<const Row> Extension::* rows) {
    std::set<std::string> names;
    for (const auto* extension : all_extensions()) {
        for (const auto& row : extension->*rows) {
            EXPECT_TRUE(names.insert(to_upper(row.name)).second) << row.name;
        }
    }
}

TEST(Registry, RowsOfExtensionsAreUnique) {
    expect_unique(&Extension::enable);
    expect_unique(&Extension::fetch_items);
    expect_unique(&Extension::fetch_modifiers);
    expect_unique(&Extension::search_keys);
    expect_unique(&Extension::search_returns);
    expect_unique(&Extension::store_modifiers);
    expect_unique(&Extension::select_parameters);
    expect_unique(&Extension::status_items);
    expect_unique(&Extension::list_selections);
    expect_unique(&Extension::list_returns);
}

TEST(Registry, RowsAreComplete) {
    for (const auto* command : all_commands()) {
        EXPECT_FALSE(command->rfc.empty()) << command->name;
        EXPECT_FALSE(command->examples.empty()) << command->name;
        EXPECT_TRUE(command->parse) << command->name;
        // Sequence numbers mean something in a selected mailbox only.
        if (command->numbers == Numbers::Reads) {
            EXPECT_EQ(command->states, State::Selected) << command->name;
        }
    }
}

TEST(Registry, EveryExampleParses) {
    for (const auto* command : all_commands()) {
        for (const auto example : command->examples) {
            ASSERT_TRUE(istarts_with(example, command->name)) << example;
            Args args(example.substr(command->name.size()));
            if (!args.at_end()) ASSERT_TRUE(args.space()) << example;
            const auto parse = command->begin_stream ? command->begin_stream : command->parse;
            const auto parsed = parse(args);
            ASSERT_TRUE(parsed) << example << ": " << parsed.error().said;
            EXPECT_TRUE(*parsed) << example;
        }
    }
}

TEST(Registry, EveryFileIsListedAndEveryCommandHasItsFile) {
    std::set<std::string> stems, files;
    for (const auto* command : all_commands()) stems.insert(file_stem(command->name));
    for (const auto& file : fs::directory_iterator(kRoot / "src/imap/commands")) {
        const auto stem = file.path().stem().string();
        if (stem.ends_with("_test")) continue;
        files.insert(stem);
        EXPECT_TRUE(stems.contains(stem)) << stem << ".cpp is not in command_list.cpp";
    }
    for (const auto& stem : stems) {
        EXPECT_TRUE(files.contains(stem) || files.contains(file_of(stem))) << stem;
    }
    std::size_t extensions = 0;
    for (const auto& file : fs::directory_iterator(kRoot / "src/imap/extensions")) {
        extensions += file.path().stem().string().ends_with("_test") ? 0 : 1;
    }
    EXPECT_EQ(extensions, all_extensions().size());
}

TEST(Registry, EveryRfcIsInTheTable) {
    std::set<std::string> rfcs;
    std::istringstream table(load_text(kRoot / "docs/rfc.tsv"));
    for (std::string line; std::getline(table, line);) rfcs.insert(line.substr(0, line.find('\t')));
    for (const auto* command : all_commands()) {
        EXPECT_TRUE(rfcs.contains(std::string(command->rfc))) << command->name;
    }
    for (const auto* extension : all_extensions()) {
        EXPECT_TRUE(rfcs.contains(std::string(extension->rfc))) << extension->name;
    }
}

// Every command has a dialogue with a refusal (a NO or BAD) and one with a second client.
TEST(Registry, EveryCommandHasItsDialogues) {
    for (const auto* command : all_commands()) {
        const auto own = file_stem(command->name) + "_";
        const auto is_own = [&](const std::string& stem, const std::string& text) {
            return stem.starts_with(own) || (stem.starts_with(without_uid(own)) &&
                                             to_upper(text).find(command->name) != text.npos);
        };
        const auto talks = read_talks(kRoot / "tests/talk/imap", R"(\S+ (NO|BAD)\b)", is_own);
        EXPECT_TRUE(talks.are_there) << "no tests/talk/imap/" << own << "*.talk";
        EXPECT_TRUE(talks.show_refusal) << own << "*.talk shows no refusal";
        EXPECT_TRUE(talks.have_second_client) << own << "*.talk has no second client";
    }
}

TEST(Capability, SaysWhatTheStateAllows) {
    const std::string_view mechanisms[] = {"PLAIN", "LOGIN"};
    CapabilityInput input{.can_start_tls = true, .may_log_in = false, .mechanisms = mechanisms};
    const auto clear = capability_text(input);
    EXPECT_TRUE(clear.starts_with("CAPABILITY IMAP4rev1 IMAP4rev2 ")) << clear;
    EXPECT_NE(clear.find(" STARTTLS LOGINDISABLED"), clear.npos) << clear;
    EXPECT_EQ(clear.find("AUTH="), clear.npos) << clear;

    input.can_start_tls = false;
    input.may_log_in = true;
    const auto safe = capability_text(input);
    EXPECT_NE(safe.find(" AUTH=PLAIN AUTH=LOGIN"), safe.npos) << safe;
    EXPECT_EQ(safe.find("LOGINDISABLED"), safe.npos) << safe;

    input.is_logged_in = true;
    input.append_limit = 1000;
    const auto inside = capability_text(input);
    for (const auto word : {" UIDPLUS", " MOVE", " IDLE", " LITERAL+", " APPENDLIMIT=1000",
                            " LIST-EXTENDED", " SPECIAL-USE", " CONDSTORE", " NAMESPACE"}) {
        EXPECT_NE(inside.find(word), inside.npos) << word;
    }
    EXPECT_EQ(inside.find("AUTH="), inside.npos);
    input.literal_minus = true;
    EXPECT_NE(capability_text(input).find(" LITERAL-"), std::string::npos);
    EXPECT_EQ(capability_text(input).find("LITERAL+"), std::string::npos);
}

}  // namespace
}  // namespace rook::imap
