#include "server/privileges.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "server/forked_testing.h"

namespace rook::server {
namespace {

using ::testing::HasSubstr;
namespace fs = std::filesystem;

constexpr uid_t kNobody = 65534;

// The line of /proc/self/status.
std::string status(const std::string& name) {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with(name + ":\t")) return line.substr(name.size() + 2);
    }
    return "none";
}

std::string said(const Result<>& result) { return result ? "done" : result.error().said; }

class Privileges : public testing::Test {
protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "only root has something to give up";
        fs::remove_all(top_);
        fs::create_directory(top_);
        fs::permissions(top_, fs::perms(0755));
        std::ofstream(top_ + "/secret") << "x";
        fs::permissions(top_ + "/secret", fs::perms(0600));
    }
    void TearDown() override { fs::remove_all(top_); }

    const std::string top_ = "/tmp/privileges-" + std::to_string(getpid());
    const std::string data_ = top_ + "/data";
};

TEST_F(Privileges, RootBecomesTheUserForGood) {
    EXPECT_EQ(in_child([&]() -> std::string {
                  if (auto done = give_up_root("nobody", data_); !done) return said(done);
                  if (setuid(0) == 0 || seteuid(0) == 0) return "root again";
                  if (std::ifstream(top_ + "/secret").good()) return "reads what root may";
                  return status("Uid") + ", " + status("CapPrm") + ", " + status("Groups");
              }),
              "65534\t65534\t65534\t65534, 0000000000000000, 65534 ");
    struct stat info{};
    ASSERT_EQ(stat(data_.c_str(), &info), 0);
    EXPECT_EQ(info.st_uid, kNobody);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
}

TEST_F(Privileges, RootServesOnlyWhenTold) {
    EXPECT_THAT(in_child([&] { return said(give_up_root("", data_)); }),
                HasSubstr("will not serve as root"));
    EXPECT_EQ(in_child([&] { return said(give_up_root("root", data_)) + status("Uid"); }),
              "done0\t0\t0\t0");
    EXPECT_THAT(in_child([&] { return said(give_up_root("no-such-user", data_)); }),
                HasSubstr("there is no user"));
    EXPECT_FALSE(fs::exists(data_));
}

TEST_F(Privileges, AnotherThanRootIsTheUserOrRefused) {
    const auto as_nobody = [&](const std::string& user) {
        return in_child(
            [&] { return setuid(kNobody) == 0 ? said(give_up_root(user, data_)) : "no"; });
    };
    EXPECT_EQ(as_nobody(""), "done");
    EXPECT_EQ(as_nobody("nobody"), "done");
    EXPECT_THAT(as_nobody("daemon"), HasSubstr("start the server as daemon or as root"));
}

TEST_F(Privileges, AVerbOfRootMakesWhatIsTheUsersAndReadsEverything) {
    EXPECT_EQ(in_child([&]() -> std::string {
                  if (auto done = act_as("nobody", data_); !done) return said(done);
                  if (!std::ifstream(top_ + "/secret").good()) return "cannot read";
                  if (std::ofstream(top_ + "/secret").good()) return "writes what is root's";
                  std::ofstream(data_ + "/made") << "x";
                  return status("Uid");
              }),
              "65534\t65534\t65534\t65534");
    struct stat info{};
    ASSERT_EQ(stat((data_ + "/made").c_str(), &info), 0);
    EXPECT_EQ(info.st_uid, kNobody);
    EXPECT_EQ(in_child([&] { return said(act_as("", data_)) + status("Uid"); }), "done0\t0\t0\t0");
}

}  // namespace
}  // namespace rook::server
