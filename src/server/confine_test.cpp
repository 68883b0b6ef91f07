#include "server/confine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace rook::server {
namespace {

using ::testing::Contains;
using ::testing::IsSupersetOf;
using ::testing::Not;
namespace fs = std::filesystem;

TEST(Reach, IsWhatTheConfigurationNames) {
    Config config;
    config.data = "/var/lib/rookery";
    config.certificate = "/etc/tls/chain.pem";
    config.key = "/etc/keys/key.pem";
    config.log.file = "/var/log/rookery/log";
    config.listen.lmtp = {"127.0.0.1:24", "unix:/run/rookery/lmtp"};
    const auto reach = reach_of(config);
    EXPECT_THAT(reach.read, IsSupersetOf({"/etc/tls", "/etc/keys"}));
    EXPECT_THAT(reach.write,
                IsSupersetOf({"/var/lib/rookery", "/var/log/rookery", "/run/rookery"}));
    for (auto* path : {"/", "/etc", "/etc/tls", "/home", "/root", "/var"}) {
        EXPECT_THAT(reach.write, Not(Contains(path)));
    }
    for (auto* path : {"/", "/etc", "/home", "/root", "/proc"}) {
        EXPECT_THAT(reach.read, Not(Contains(path)));
    }
}

TEST(Reach, FollowsACertificateThatIsALink) {
    const auto top = fs::canonical(testing::TempDir()) / ("reach-" + std::to_string(getpid()));
    fs::create_directories(top / "archive");
    fs::create_directories(top / "live");
    std::ofstream(top / "archive/chain1.pem") << "x";
    fs::create_symlink("../archive/chain1.pem", top / "live/chain.pem");
    Config config;
    config.certificate = config.key = top / "live/chain.pem";
    EXPECT_THAT(reach_of(config).read,
                IsSupersetOf({(top / "live").string(), (top / "archive").string()}));
    fs::remove_all(top);
}

}  // namespace
}  // namespace rook::server
