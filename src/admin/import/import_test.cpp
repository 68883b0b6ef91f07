#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "admin/import/maildir.h"
#include "admin/import/mbox.h"
#include "admin/verb_list.h"
#include "base/ascii.h"
#include "base/cost_testing.h"

namespace rook::admin {
namespace {

std::vector<FileMessage> read_all(std::string_view file, MboxKind kind,
                                  std::size_t most = 1'000'000) {
    std::istringstream in{std::string(file)};
    MboxReader reader(in, kind, most);
    std::vector<FileMessage> out;
    for (;;) {
        FileMessage message;
        auto more = reader.next(message);
        EXPECT_TRUE(more);
        if (!more || !*more) return out;
        out.push_back(std::move(message));
        if (out.size() > 100) return out;
    }
}

// The messages' bodies, "|" between them.
std::string bodies(std::string_view file, MboxKind kind) {
    std::string out;
    bool is_first = true;
    for (auto& one : read_all(file, kind)) {
        auto blank = ("\r\n" + one.bytes).find("\r\n\r\n");
        out += (std::exchange(is_first, false) ? "" : "|") +
               (blank == std::string::npos ? "-" : one.bytes.substr(blank + 2));
    }
    return out;
}

TEST(Mbox, Kinds) {
    const std::string quoted =
        "From a Thu Jan  1 00:00:00 1970\n"
        "Subject: 1\n"
        "\n"
        ">From one\n"
        ">>From two\n"
        "> From\n"
        ">Fromage\n"
        "\n";
    EXPECT_EQ(bodies(quoted, MboxKind::Rd), "From one\r\n>From two\r\n> From\r\n>Fromage\r\n");
    EXPECT_EQ(bodies(quoted, MboxKind::O), "From one\r\n>>From two\r\n> From\r\n>Fromage\r\n");

    auto counted = [](std::string_view body, std::size_t length) {
        return "From a\nContent-Length: " + std::to_string(length) + "\n\n" + std::string(body) +
               "\nFrom b\nSubject: 2\n\nend\n\n";
    };
    const std::string body = "x\n\nFrom inside\n>From q\n";
    EXPECT_EQ(bodies(counted(body, body.size()), MboxKind::Cl2),
              "x\r\n\r\nFrom inside\r\n>From q\r\n|end\r\n");
    EXPECT_EQ(bodies(counted(body, body.size()), MboxKind::Cl),
              "x\r\n\r\nFrom inside\r\nFrom q\r\n|end\r\n");
    // A length that leads nowhere is not believed: the From line inside begins a message then.
    for (std::size_t wrong : {std::size_t{1}, body.size() - 5, body.size() + 4, std::size_t{9'999}})
        EXPECT_EQ(bodies(counted(body, wrong), MboxKind::Cl2), "x\r\n||end\r\n") << wrong;
    // A length that counts the blank line, one that leaves the last line end out, none at all.
    EXPECT_EQ(bodies(counted("abc\n", 5), MboxKind::Cl2), "abc\r\n\r\n|end\r\n");
    EXPECT_EQ(bodies(counted("abc\n", 3), MboxKind::Cl2), "abc\r\n|end\r\n");
    EXPECT_EQ(bodies("From a\nContent-Length: 0\n\n\nFrom b\n\nend\n", MboxKind::Cl2), "|end\r\n");
}

TEST(Mbox, WhereMessagesEnd) {
    EXPECT_EQ(bodies("From a\n\nbody\n\nFrom b\n\nmore\n\n\n\n", MboxKind::Rd),
              "body\r\n|more\r\n\r\n\r\n");
    EXPECT_EQ(bodies("From a\n\nbody\nFrom no blank line before\n", MboxKind::Rd),
              "body\r\nFrom no blank line before\r\n");
    EXPECT_EQ(bodies("From a\nSubject: x\n\nFrom b\nSubject: y\n\nz", MboxKind::Rd), "|z\r\n")
        << "an empty body, and a last line without an end";
    EXPECT_EQ(bodies("\n\nFrom a\r\nSubject: x\r\n\r\nbody\r\n\r\n", MboxKind::Rd), "body\r\n");
    EXPECT_EQ(bodies("From a\n\n1\n\n\nFrom b\n\n2\n", MboxKind::Rd), "1\r\n\r\n|2\r\n");
    EXPECT_TRUE(read_all("", MboxKind::Rd).empty());
    EXPECT_TRUE(read_all("\n\n", MboxKind::Rd).empty());
    std::istringstream in("Subject: no mbox\n\n");
    FileMessage message;
    EXPECT_EQ(MboxReader(in, MboxKind::Rd, 100).next(message).error().why, Why::BadSyntax);
}

// Lengths that lead nowhere, each far enough to hold all that follows.
TEST(Mbox, LengthsThatLieCostLittle) {
    const auto read = [](const std::string& text) {
        std::istringstream file(text);
        MboxReader reader(file, MboxKind::Cl2, 50 << 20);
        FileMessage message;
        while (reader.next(message).value()) {
        }
    };
    for (const char* unit :
         {"From a\nContent-Length: 9000\n\nx\n\n", "From a\nContent-Length: 50000000\n\nx\n\n",
          "From a\nContent-Length: 4\n\nx\n\n\n\n\n\n\n"})
        EXPECT_EQ(cost::growth(cost::repeated("", unit), read, 50'000), "") << unit;
}

TEST(Mbox, DatesAndFlags) {
    auto all = read_all(
        "From ann@example.org Sat Nov 14 22:13:20 2020\n"
        "Status: RO\nX-Status: AF\nSubject: 1\n\n1\n\n"
        "From - no date\n"
        "status: O\nx-status: TD\n\nStatus: R\n",
        MboxKind::Rd);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].received, 1605392000);
    EXPECT_EQ(all[0].flags, (std::vector<std::string>{"\\Seen", "\\Answered", "\\Flagged"}));
    EXPECT_EQ(all[0].bytes, "Status: RO\r\nX-Status: AF\r\nSubject: 1\r\n\r\n1\r\n");
    EXPECT_FALSE(all[1].received);
    EXPECT_EQ(all[1].flags, (std::vector<std::string>{"\\Draft", "\\Deleted"}));
}

TEST(Mbox, LongLinesAndLongMessages) {
    std::string line(200'000, 'x');
    EXPECT_EQ(bodies("From a\n\n" + line + "From y\n\nFrom b\n\nz\n", MboxKind::Rd),
              line + "From y\r\n|z\r\n");
    // No end of line may be lost where a piece of a long line ends.
    for (std::size_t length : {65'534, 65'535, 65'536, 65'537}) {
        std::string body(length, 'y');
        EXPECT_TRUE(bodies("From a\n\n" + body + "\r\nend\r\n", MboxKind::Rd) ==
                    body + "\r\nend\r\n")
            << length;
    }
    auto cut = read_all("From a\n\n" + line + "\n\nFrom b\n\nz\n", MboxKind::Rd, 1'000);
    ASSERT_EQ(cut.size(), 2u);
    EXPECT_TRUE(cut[0].is_too_big);
    EXPECT_LE(cut[0].bytes.size(), 1'000u);
    EXPECT_FALSE(cut[1].is_too_big);
    EXPECT_EQ(cut[1].bytes, "\r\nz\r\n");
}

TEST(Maildir, Flags) {
    using Names = std::vector<std::string>;
    const Names keywords{"$Forwarded", "", "work"};
    EXPECT_EQ(maildir_flags("1.host:2,FRS", keywords),
              (Names{"\\Flagged", "\\Answered", "\\Seen"}));
    EXPECT_EQ(maildir_flags("1.host:2,DTPac", keywords),
              (Names{"\\Draft", "\\Deleted", "$Forwarded", "work"}));
    EXPECT_EQ(maildir_flags("1.host:2,bz", keywords), Names{});
    EXPECT_EQ(maildir_flags("1.host:2,S,S=5", keywords), Names{"\\Seen"});
    EXPECT_EQ(maildir_flags("1.host", keywords), Names{});
    EXPECT_EQ(maildir_flags("1.host:1,S", keywords), Names{});
}

class Folder {
public:
    Folder() {
        std::string name = testing::TempDir() + "rookery-XXXXXX";
        path_ = mkdtemp(name.data());
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    std::string write(const std::string& name, std::string_view text) const {
        auto path = std::filesystem::path(path_) / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << text;
        return path.string();
    }
    std::string path() const { return path_; }

private:
    std::string path_;
};

TEST(Maildir, FoldersAndFiles) {
    Folder folder;
    folder.write("cur/1.a:2,S", "a\n");
    folder.write("new/2.b", "b\r\n");
    folder.write("tmp/3.c", "half");
    folder.write("cur/.hidden", "no");
    folder.write("dovecot-keywords", "0 work\n");
    folder.write("cur/4.d:2,a", "d\n");
    folder.write(".Archive.2024/cur/5.e:2,", "e");
    folder.write(".&AOQ-rger/cur/6.f:2,", "f");
    folder.write(".cache/x", "no maildir");
    folder.write("Projects/One/cur/7.g:2,", "g");
    std::filesystem::create_symlink("/etc/passwd", folder.path() + "/cur/8.h:2,");
    auto all = list_maildir(folder.path()).value();
    std::string seen;
    for (auto& one : all) {
        seen += one.name + ":";
        for (auto& file : one.files) {
            seen += " " + std::filesystem::path(file.path).filename().string();
            EXPECT_GT(file.received, 1'000'000'000);
        }
        seen += "\n";
    }
    EXPECT_EQ(seen,
              ": 1.a:2,S 4.d:2,a 2.b\nArchive/2024: 5.e:2,\nProjects/One: 7.g:2,\n"
              "\xc3\xa4rger: 6.f:2,\n");
    EXPECT_EQ(all[0].files[1].flags, std::vector<std::string>{"work"});
    EXPECT_EQ(read_maildir_file(all[0].files[0], 100)->bytes, "a\r\n");
    EXPECT_EQ(read_maildir_file(all[0].files[2], 100)->bytes, "b\r\n");
    EXPECT_TRUE(read_maildir_file(all[0].files[2], 1)->is_too_big);
    EXPECT_EQ(list_maildir(folder.path() + "/tmp").error().why, Why::BadSyntax);
}

// Keeps what it was asked, and refuses what a test wants refused.
class FakeCaller final : public Caller {
public:
    Result<Json> call(std::string_view verb, const Json& args, const Pieces& input) override {
        std::string bytes;
        while (input) {
            auto piece = TRY(input());
            if (!piece) break;
            bytes += *piece;
        }
        calls +=
            std::string(verb) + " " + write_json(args) + " " + std::to_string(bytes.size()) + "\n";
        if (bytes.find("refuse") != std::string::npos) return fail(Why::TooBig, "Too big");
        if (bytes.find("full") != std::string::npos) return fail(Why::OverQuota, "Full");
        if (verb == "mailbox create") return fail(Why::Exists, "It is there");
        return Json::object({});
    }
    void progress(std::uint64_t done, std::uint64_t all) override {
        EXPECT_LE(done, all);
        last = done;
    }
    std::string calls;
    std::uint64_t last = 0;
};

TEST(Import, AnMbox) {
    Folder folder;
    auto file = folder.write("box",
                             "From a Sat Nov 14 22:13:20 2020\nStatus: R\n\n1\n\n"
                             "From b\n\nrefuse\n\nFrom c\n\n3\n\n");
    FakeCaller caller;
    auto& verb = *find_verb("import");
    auto args = Json::object({{"address", "ann"}, {"mbox", file}, {"mailbox", "Old"}});
    auto answer = verb.on_client(Args(args), caller).value();
    EXPECT_EQ(write_json(answer),
              "{\"imported\":2,\"refused\":1,\"refusals\":[\"message 2: Too big\"]}");
    EXPECT_EQ(verb.exit_code(answer), 65);
    EXPECT_EQ(caller.calls,
              "mailbox create {\"address\":\"ann\",\"name\":[\"Old\"]} 0\n"
              "mailbox append {\"address\":\"ann\",\"mailbox\":\"Old\",\"received\":1605392000,"
              "\"flags\":[\"\\\\Seen\"]} 16\n"
              "mailbox append {\"address\":\"ann\",\"mailbox\":\"Old\",\"flags\":[]} 10\n"
              "mailbox append {\"address\":\"ann\",\"mailbox\":\"Old\",\"flags\":[]} 5\n");
    EXPECT_EQ(caller.last, std::filesystem::file_size(file));
}

TEST(Import, AMaildirWithItsFoldersBelowAMailbox) {
    Folder folder;
    folder.write("cur/1.a:2,S", "a\n");
    folder.write(".Work/cur/2.b:2,F", "refuse\n");
    folder.write(".Work/cur/3.c:2,", "cc\n");
    struct Row {
        std::string_view mailbox, inbox, work;
    };
    for (auto& row : {Row{"", "INBOX", "Work"}, Row{"Old", "Old", "Old/Work"}}) {
        FakeCaller caller;
        auto args = Json::object({{"address", "ann"}, {"maildir", folder.path()}});
        if (!row.mailbox.empty()) args.set("mailbox", row.mailbox);
        auto answer = find_verb("import")->on_client(Args(args), caller).value();
        EXPECT_EQ(write_json(*answer.find("imported")) + write_json(*answer.find("refused")), "21");
        EXPECT_EQ(write_json(*answer.find("refusals")),
                  "[\"" + folder.path() + "/.Work/cur/2.b:2,F: Too big\"]");
        // Without the dates, which are those of the files.
        std::string calls;
        for (auto line : split(caller.calls, '\n')) {
            const auto from = line.find("\"received\""), to = line.find("\"flags\"");
            calls += from == line.npos ? std::string(line)
                                       : std::string(line.substr(0, from)).append(line.substr(to));
            calls += '\n';
        }
        auto made = [](std::string_view name) {
            return "mailbox create {\"address\":\"ann\",\"name\":[\"" + std::string(name) +
                   "\"]} 0\n";
        };
        auto added = [](std::string_view name, std::string_view rest) {
            return "mailbox append {\"address\":\"ann\",\"mailbox\":\"" + std::string(name) +
                   "\",\"flags\":" + std::string(rest) + "\n";
        };
        EXPECT_EQ(calls, (row.inbox == "INBOX" ? "" : made(row.inbox)) +
                             added(row.inbox, "[\"\\\\Seen\"]} 3") + made(row.work) +
                             added(row.work, "[\"\\\\Flagged\"]} 8") + added(row.work, "[]} 4") +
                             "\n");
        EXPECT_EQ(caller.last, 12u);
    }
}

TEST(Import, AnMboxOfAnotherKind) {
    Folder folder;
    auto file = folder.write("box", "From a\n\n>>From x\n\n");
    for (auto& [kind, bytes] : {std::pair("mboxrd", 11), std::pair("mboxo", 12)}) {
        FakeCaller caller;
        auto args = Json::object({{"address", "ann"}, {"mbox", file}, {"mbox-kind", kind}});
        ASSERT_TRUE(find_verb("import")->on_client(Args(args), caller));
        EXPECT_TRUE(caller.calls.ends_with(" " + std::to_string(bytes) + "\n")) << caller.calls;
    }
}

TEST(Import, StopsWhereTheNextWouldFailToo) {
    Folder folder;
    auto file = folder.write("box", "From a\n\n1\n\nFrom b\n\nfull\n\nFrom c\n\n3\n");
    FakeCaller caller;
    auto args = Json::object({{"address", "ann"}, {"mbox", file}});
    auto answer = find_verb("import")->on_client(Args(args), caller);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().why, Why::OverQuota);
    EXPECT_EQ(answer.error().said, "Full (1 messages were imported before)");
}

TEST(Import, WrongWords) {
    FakeCaller caller;
    for (auto args : {"{\"address\":\"a\"}", "{\"address\":\"a\",\"mbox\":\"x\",\"maildir\":\"y\"}",
                      "{\"address\":\"a\",\"mbox\":\"x\",\"mbox-kind\":\"mh\"}"}) {
        auto json = read_json(args).value();
        EXPECT_EQ(find_verb("import")->on_client(Args(json), caller).error().why, Why::BadSyntax);
    }
    auto json = read_json("{\"address\":\"a\",\"mbox\":\"/does/not/exist\"}").value();
    EXPECT_EQ(find_verb("import")->on_client(Args(json), caller).error().why, Why::Io);
    EXPECT_TRUE(caller.calls.empty());
}

}  // namespace
}  // namespace rook::admin
