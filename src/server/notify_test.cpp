#include "server/notify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace rook::server {
namespace {

using ::testing::MatchesRegex;

// The service manager's end of the socket.
class Manager {
public:
    explicit Manager(const std::string& name) : name_(name) {
        sockaddr_un at{};
        at.sun_family = AF_UNIX;
        std::memcpy(at.sun_path, name.data(), name.size());
        if (name[0] == '@') at.sun_path[0] = '\0';
        fd_ = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        EXPECT_EQ(bind(fd_, reinterpret_cast<sockaddr*>(&at),
                       socklen_t(offsetof(sockaddr_un, sun_path) + name.size())),
                  0);
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
    }
    ~Manager() {
        close(fd_);
        unsetenv("NOTIFY_SOCKET");
        if (name_[0] == '/') unlink(name_.c_str());
    }
    std::string heard() const {
        char text[200];
        const auto size = recv(fd_, text, sizeof text, 0);
        return size < 0 ? "nothing" : std::string(text, std::size_t(size));
    }

private:
    std::string name_;
    int fd_;
};

TEST(Notify, ToAFileAndToAnAbstractSocket) {
    for (auto& name : {testing::TempDir() + "notify-" + std::to_string(getpid()),
                       "@rookery-notify-" + std::to_string(getpid())}) {
        Manager manager(name);
        EXPECT_TRUE(notify_service_manager("READY=1")) << name;
        EXPECT_EQ(manager.heard(), "READY=1");
        EXPECT_TRUE(notify_reloading());
        EXPECT_THAT(manager.heard(), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
        EXPECT_EQ(manager.heard(), "nothing");
    }
}

TEST(Notify, NobodyAsked) {
    unsetenv("NOTIFY_SOCKET");
    EXPECT_FALSE(notify_service_manager("READY=1"));
    for (auto& name : {std::string(), std::string("relative"), std::string("/no/such/socket"),
                       "/" + std::string(200, 'x')}) {
        setenv("NOTIFY_SOCKET", name.c_str(), 1);
        EXPECT_FALSE(notify_service_manager("READY=1")) << name;
    }
    unsetenv("NOTIFY_SOCKET");
}

}  // namespace
}  // namespace rook::server
