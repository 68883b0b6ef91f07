#include "server/landlock.h"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace rook::server {
namespace {

// What the headers of Debian 12 do not know yet.
constexpr std::uint64_t kTruncate = 1u << 14;       // version 3
constexpr std::uint64_t kConnectTcp = 1u << 1;      // version 4
constexpr std::uint64_t kIoctlOfDevice = 1u << 15;  // version 5
constexpr std::uint64_t kSignals = 1u << 1;         // version 6
struct Ruleset {
    std::uint64_t files, network, scoped;
};

constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr std::uint64_t kWriteFile =
    LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE | kTruncate;
constexpr std::uint64_t kWrite = kRead | kWriteFile | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                 LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                 LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                 LANDLOCK_ACCESS_FS_REFER;
// Allowed nowhere.
constexpr std::uint64_t kNever = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                 LANDLOCK_ACCESS_FS_MAKE_SYM;

struct Fd {
    int fd;
    ~Fd() {
        if (fd >= 0) close(fd);
    }
};

std::unexpected<Error> cannot(const char* what) {
    return fail(Why::Unsupported, "Landlock is not to be had",
                std::string(what) + ": " + std::strerror(errno));
}

// A version 1 would forbid every rename from one folder to another.
Result<Ruleset> what_the_kernel_knows() {
    const auto version =
        syscall(__NR_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 0) return cannot("version");
    if (version < 2) return fail(Why::Unsupported, "Landlock is not to be had", "version 1");
    Ruleset rules{kWrite | kNever, 0, 0};
    if (version < 3) rules.files &= ~kTruncate;
    if (version >= 4) rules.network = kConnectTcp;
    if (version >= 5) rules.files |= kIoctlOfDevice;
    if (version >= 6) rules.scoped = kSignals;
    return rules;
}

Result<> allow(const Fd& ruleset, const std::string& path, std::uint64_t rights) {
    const Fd fd{open(path.c_str(), O_PATH | O_CLOEXEC)};
    if (fd.fd < 0) return {};
    struct stat info{};
    if (fstat(fd.fd, &info) != 0) return cannot(path.c_str());
    if (!S_ISDIR(info.st_mode)) rights &= kWriteFile;
    const landlock_path_beneath_attr rule{rights, fd.fd};
    if (syscall(__NR_landlock_add_rule, ruleset.fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0) {
        return cannot(path.c_str());
    }
    return {};
}

}  // namespace

Result<> restrict_files(const Reach& reach) {
    const auto rules = TRY(what_the_kernel_knows());
    const Fd ruleset{
        static_cast<int>(syscall(__NR_landlock_create_ruleset, &rules, sizeof rules, 0))};
    if (ruleset.fd < 0) return cannot("rules");
    for (auto& path : reach.read) TRY(allow(ruleset, path, kRead));
    for (auto& path : reach.write) TRY(allow(ruleset, path, kWrite & rules.files));
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return cannot("no new privileges");
    if (syscall(__NR_landlock_restrict_self, ruleset.fd, 0) != 0) return cannot("restrict");
    return {};
}

}  // namespace rook::server
