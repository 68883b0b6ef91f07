#include "server/privileges.h"

#include <fmt/format.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <initializer_list>
#include <optional>

namespace rook::server {
namespace {

struct User {
    std::string name;
    uid_t uid;
    gid_t gid;
};

std::unexpected<Error> cannot(const std::string& what) {
    return fail(Why::Denied, "cannot " + what, std::strerror(errno));
}

Result<User> find_user(const std::string& name) {
    errno = 0;
    if (const passwd* found = getpwnam(name.c_str())) {
        return User{name, found->pw_uid, found->pw_gid};
    }
    return fail(Why::NotFound,
                fmt::format("[server] user: there is no user \"{}\" on this machine", name));
}

// Keeps the one capability or none, for this thread and all that it starts.
Result<> keep_capability(std::optional<unsigned> capability) {
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {};
    if (capability) data[0].permitted = data[0].effective = 1u << *capability;
    if (syscall(__NR_capset, &header, data) != 0) return cannot("give up capabilities");
    return {};
}

Result<> make_data_folder_of(const User& user, const std::string& data) {
    if (mkdir(data.c_str(), 0700) != 0) {
        if (errno == EEXIST) return {};
        return cannot("make the data folder " + data);
    }
    if (chown(data.c_str(), user.uid, user.gid) != 0) return cannot("give away " + data);
    return {};
}

Result<> become(const User& user, std::optional<unsigned> capability) {
    if (initgroups(user.name.c_str(), user.gid) != 0)
        return cannot("take the groups of " + user.name);
    if (capability) prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
    if (setresgid(user.gid, user.gid, user.gid) != 0 ||
        setresuid(user.uid, user.uid, user.uid) != 0) {
        return cannot("become " + user.name);
    }
    TRY(keep_capability(capability));
    // It would be a bug of the kernel, or of us: both have been.
    if (setresuid(0, 0, 0) == 0 || geteuid() != user.uid || getegid() != user.gid) {
        return fail(Why::Denied, "cannot give up root for good");
    }
    return {};
}

}  // namespace

Result<> give_up_root(const std::string& user, const std::string& data) {
    const auto self = geteuid();
    if (self == 0) {
        if (user.empty()) {
            return fail(Why::Denied,
                        "will not serve as root: name the server's own user in [server] user, or "
                        "\"root\" if it must be");
        }
        const auto wanted = TRY(find_user(user));
        if (wanted.uid == 0) return {};
        TRY(make_data_folder_of(wanted, data));
        return become(wanted, {});
    }
    if (!user.empty()) {
        const auto wanted = TRY(find_user(user));
        if (wanted.uid != self) {
            return fail(
                Why::Denied,
                fmt::format("[server] user is {}: start the server as {} or as root", user, user));
        }
    }
    return keep_capability({});
}

Result<> act_as(const std::string& user, const std::string& data) {
    if (geteuid() != 0 || user.empty()) return {};
    const auto wanted = TRY(find_user(user));
    if (wanted.uid == 0) return {};
    TRY(make_data_folder_of(wanted, data));
    return become(wanted, CAP_DAC_READ_SEARCH);
}

}  // namespace rook::server
