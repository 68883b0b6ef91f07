#include "server/landlock.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "server/forked_testing.h"

namespace rook::server {
namespace {

namespace fs = std::filesystem;

class Landlock : public testing::Test {
protected:
    void SetUp() override {
#ifdef ROOKERY_INSTRUMENTED
        GTEST_SKIP() << "a sanitizer writes files of its own";
#endif
        const auto able = in_child([] {
            auto done = restrict_files({});
            return done ? std::string() : done.error().detail;
        });
        if (!able.empty()) GTEST_SKIP() << able;
        fs::remove_all(top_);
        for (auto* folder : {"own/below", "read", "secret"}) fs::create_directories(top_ + folder);
        for (auto* file : {"own/file", "read/file", "secret/file"})
            std::ofstream(top_ + file) << "x";
        fs::create_symlink(top_ + "secret/file", top_ + "own/link");
    }
    void TearDown() override { fs::remove_all(top_); }

    // In a child that has read/ for reading and own/ for all: "" or what it could not do.
    std::string confined(const auto& act) {
        return in_child([&]() -> std::string {
            if (!restrict_files({{top_ + "read", top_ + "absent"}, {top_ + "own"}})) return "none";
            errno = 0;
            return act() ? "" : std::strerror(errno);
        });
    }
    bool opens(const std::string& path, int how) {
        return open((top_ + path).c_str(), how, 0600) >= 0;
    }

    const std::string top_ = testing::TempDir() + "landlock-" + std::to_string(getpid()) + "/";
};

TEST_F(Landlock, WhatIsWithinReach) {
    EXPECT_EQ(confined([&] { return opens("read/file", O_RDONLY); }), "");
    EXPECT_EQ(confined([&] { return opens("own/file", O_RDWR | O_TRUNC); }), "");
    EXPECT_EQ(confined([&] { return opens("own/new", O_RDWR | O_CREAT); }), "");
    EXPECT_EQ(confined([&] { return mkdir((top_ + "own/folder").c_str(), 0700) == 0; }), "");
    EXPECT_EQ(confined([&] {
                  return rename((top_ + "own/new").c_str(), (top_ + "own/below/new").c_str()) == 0;
              }),
              "");
    EXPECT_EQ(confined([&] { return unlink((top_ + "own/below/new").c_str()) == 0; }), "");
}

TEST_F(Landlock, WhatIsNot) {
    const std::string denied = std::strerror(EACCES);
    for (auto* path : {"secret/file", "own/link", "own/../secret/file", "../../../etc/passwd"}) {
        EXPECT_EQ(confined([&] { return opens(path, O_RDONLY); }), denied) << path;
    }
    for (auto* path : {"read/file", "secret/file", "read/new"}) {
        EXPECT_EQ(confined([&] { return opens(path, O_WRONLY | O_CREAT); }), denied) << path;
    }
    EXPECT_EQ(confined([&] { return truncate((top_ + "read/file").c_str(), 0) == 0; }), denied);
    EXPECT_EQ(confined([&] { return unlink((top_ + "read/file").c_str()) == 0; }), denied);
    EXPECT_EQ(confined([&] { return symlink("file", (top_ + "own/symlink").c_str()) == 0; }),
              denied);
    EXPECT_NE(confined([&] {
                  return rename((top_ + "own/file").c_str(), (top_ + "secret/moved").c_str()) == 0;
              }),
              "");
    EXPECT_EQ(confined([&] {
                  execl("/bin/true", "true", nullptr);
                  return false;
              }),
              denied);
}

TEST_F(Landlock, NoConnectionGoesOut) {
    const auto got = confined([] {
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(9);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        return connect(socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<sockaddr*>(&to),
                       sizeof to) == 0;
    });
    // A kernel before 6.7 lets it, and nobody is there.
    EXPECT_TRUE(got == std::strerror(EACCES) || got == std::strerror(ECONNREFUSED)) << got;
}

}  // namespace
}  // namespace rook::server
