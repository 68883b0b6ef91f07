#include "server/confine.h"

#include <openssl/ssl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "server/privileges.h"
#include "server/seccomp.h"

namespace rook::server {
namespace {

namespace fs = std::filesystem;

// Sanitizers and coverage make calls and write files of their own.
#ifdef ROOKERY_INSTRUMENTED
constexpr bool kCanBeConfined = false;
#else
constexpr bool kCanBeConfined = true;
#endif

std::string folder_of(const fs::path& file) {
    const auto folder = fs::absolute(file).parent_path();
    return folder.string();
}

// Also where a symbolic link leads to: what certbot renews are links to a folder beside it.
void add_folders_of(std::vector<std::string>& folders, const std::string& file) {
    if (file.empty()) return;
    folders.push_back(folder_of(file));
    std::error_code error;
    const auto real = fs::canonical(file, error);
    if (!error) folders.push_back(folder_of(real));
}

std::string apply(bool is_wanted, const auto& restriction) {
    if (!is_wanted) return "off";
    if (!kCanBeConfined) return "not in this build";
    const auto done = restriction();
    return done ? "on" : done.error().said + " (" + done.error().detail + ")";
}

std::string own_name() {
    const passwd* self = getpwuid(geteuid());
    return self ? self->pw_name : std::to_string(geteuid());
}

}  // namespace

Reach reach_of(const Config& config) {
    Reach reach;
    // Read when first needed: converters, providers, time zones; how many cores there are.
    reach.read = {"/usr",
                  "/lib",
                  "/lib64",
                  "/etc/ssl",
                  "/dev/urandom",
                  "/proc/self",
                  "/proc/stat",
                  "/proc/sys/kernel/random/uuid",
                  "/proc/sys/vm/overcommit_memory",
                  "/etc/localtime",
                  "/sys/devices/system/cpu"};
    add_folders_of(reach.read, config.certificate);
    add_folders_of(reach.read, config.key);
    reach.write = {config.data, "/dev/null"};
    // The folder, because a rotated log is made anew.
    add_folders_of(reach.write, config.log.file);
    for (auto& address : config.listen.all()) {
        if (address.starts_with("unix:")) reach.write.push_back(folder_of(address.substr(5)));
    }
    return reach;
}

Result<Confined> confine(const Config& config) {
    TRY(give_up_root(config.user, config.data));
    // What does not exist cannot be allowed. If it cannot be made, opening the store says why.
    mkdir(config.data.c_str(), 0700);
    // While everything may still be read: its configuration, and what that loads.
    OPENSSL_init_ssl(OPENSSL_INIT_LOAD_CONFIG, nullptr);
    Confined confined;
    confined.user = own_name();
    // Landlock needs calls that seccomp refuses.
    confined.landlock = apply(config.landlock, [&] { return restrict_files(reach_of(config)); });
    confined.seccomp = apply(config.seccomp, restrict_system_calls);
    return confined;
}

void Confined::log_to(Log& log) const {
    const bool is_whole = landlock == "on" && seccomp == "on";
    log.write(is_whole ? LogLevel::Info : LogLevel::Warning, "confined",
              {{"user", user}, {"landlock", landlock}, {"seccomp", seccomp}});
}

}  // namespace rook::server
