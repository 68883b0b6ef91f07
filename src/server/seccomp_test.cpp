#include "server/seccomp.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <thread>

#include "server/forked_testing.h"

namespace rook::server {
namespace {

// A call's result and errno; -1 and EPERM when it was refused.
struct Attempt {
    const char* name;
    long (*make)();
};

constexpr Attempt kForbidden[] = {
    {"execve",
     [] {
         char* none[] = {nullptr};
         return long{execve("/bin/true", none, none)};
     }},
    {"execveat", [] { return syscall(__NR_execveat, AT_FDCWD, "/bin/true", nullptr, nullptr, 0); }},
    {"fork", [] { return syscall(__NR_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr); }},
    {"a user namespace", [] { return long{unshare(CLONE_NEWUSER)}; }},
    {"a thread in a user namespace",
     [] {
         return syscall(__NR_clone, CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_NEWUSER, 0);
     }},
    {"ptrace", [] { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); }},
    {"another's memory",
     [] { return syscall(__NR_process_vm_readv, getppid(), nullptr, 0, nullptr, 0, 0); }},
    {"a raw packet socket", [] { return long{socket(AF_PACKET, SOCK_RAW, 0)}; }},
    {"a netlink socket", [] { return long{socket(AF_NETLINK, SOCK_RAW, 0)}; }},
    {"a vsock socket", [] { return long{socket(AF_VSOCK, SOCK_STREAM, 0)}; }},
    {"kill of the parent", [] { return long{kill(getppid(), 0)}; }},
    {"tgkill of the parent", [] { return syscall(__NR_tgkill, getppid(), getppid(), 0); }},
    {"memory written and run",
     [] {
         return reinterpret_cast<long>(
             mmap(nullptr, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
     }},
    {"memory made to run",
     [] {
         void* page = mmap(nullptr, 4096, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
         return long{mprotect(page, 4096, PROT_READ | PROT_EXEC)};
     }},
    {"mount", [] { return long{mount("none", "/mnt", "tmpfs", 0, nullptr)}; }},
    {"chroot", [] { return long{chroot("/")}; }},
    {"setuid", [] { return long{setuid(0)}; }},
    {"chown", [] { return long{chown("/", 0, 0)}; }},
    {"keyctl", [] { return syscall(__NR_keyctl, 0, 0, 0, 0, 0); }},
    {"bpf", [] { return syscall(__NR_bpf, 0, nullptr, 0); }},
    {"perf_event_open", [] { return syscall(__NR_perf_event_open, nullptr, 0, -1, -1, 0); }},
    {"userfaultfd", [] { return syscall(__NR_userfaultfd, 0); }},
    {"io_uring_enter", [] { return syscall(__NR_io_uring_enter, 0, 0, 0, 0, nullptr, 0); }},
    {"memfd_create", [] { return syscall(__NR_memfd_create, "x", 0); }},
    {"input for the terminal", [] { return long{ioctl(0, TIOCSTI, "x")}; }},
    {"a filter more", [] { return syscall(__NR_seccomp, 1, 0, nullptr); }},
    {"a number that is none", [] { return syscall(100'000); }},
};

// What serving is made of; the file is one that the test made.
std::string what_goes_wrong(const std::string& path) {
    std::string wrong;
    std::thread([&] { wrong += "no, it ran"; }).join();
    wrong = wrong == "no, it ran" ? "" : "a thread did not run; ";
    for (int family : {AF_UNIX, AF_INET, AF_INET6}) {
        const int fd = socket(family, SOCK_STREAM, 0);
        if (fd < 0 && errno != EAFNOSUPPORT) wrong += "no socket; ";
        close(fd);
    }
    std::ofstream(path) << "x";
    if (!std::ifstream(path).good()) wrong += "no file; ";
    if (unlink(path.c_str()) != 0) wrong += "not unlinked; ";
    if (syscall(__NR_clone3, nullptr, 0) != -1 || errno != ENOSYS)
        wrong += "clone3 is not unknown; ";
    if (syscall(__NR_tgkill, getpid(), gettid(), 0) != 0) wrong += "no signal to itself; ";
    return wrong;
}

class Seccomp : public testing::Test {
    void SetUp() override {
#ifdef ROOKERY_INSTRUMENTED
        GTEST_SKIP() << "a sanitizer makes calls of its own";
#endif
        const auto able = in_child([] {
            auto done = restrict_system_calls();
            return done ? std::string() : done.error().detail;
        });
        if (!able.empty()) GTEST_SKIP() << able;
    }
};

TEST_F(Seccomp, RefusesWhatServingDoesNotNeed) {
    for (auto& attempt : kForbidden) {
        EXPECT_EQ(in_child([&]() -> std::string {
                      if (!restrict_system_calls()) return "no filter";
                      errno = 0;
                      const long got = attempt.make();
                      return got == -1 && errno == EPERM ? "refused" : std::strerror(errno);
                  }),
                  "refused")
            << attempt.name;
    }
}

TEST_F(Seccomp, LetsServingBe) {
    const auto path = testing::TempDir() + "seccomp-" + std::to_string(getpid());
    EXPECT_EQ(in_child([&]() -> std::string {
                  return restrict_system_calls() ? what_goes_wrong(path) : "no filter";
              }),
              "");
}

TEST_F(Seccomp, ABugCanStillAbort) {
    EXPECT_EQ(in_child([&]() -> std::string {
                  if (!restrict_system_calls()) return "no filter";
                  std::abort();
              }),
              "the child ended with " + std::to_string(SIGABRT));
}

}  // namespace
}  // namespace rook::server
