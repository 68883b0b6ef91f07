// Administration: the CLI's verbs, and the admin API that runs the same verbs inside a serving
// process (one JSON object a line on a Unix socket, 0600).
//
// Owned by: server/wiring makes Services; it outlives the sessions. Threads: verbs run on workers,
// several at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "auth/auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "directory/directory.h"
#include "mailbox/accounts.h"
#include "net/server.h"
#include "net/session.h"
#include "store/embedded/embedded_store.h"
#include "store/store.h"

namespace rook::admin {

struct Services {
    store::Store& store;
    directory::Directory& directory;
    auth::Authenticator& authenticator;
    mailbox::Accounts& accounts;
    net::Server* server = nullptr;  // null when nothing is served: the CLI opened the store itself
    const Clock& clock;
    Log& log;
    std::string version, hostname, data, log_file;
    Tick started = {};
};

// The admin API's end of one connection.
std::unique_ptr<net::Session> make_session(const Services&, net::Link&);

// What the CLI needs of the program around it.
struct Program {
    std::string version;
    // The socket of the server that the configuration file describes.
    std::function<Result<std::string>(const std::string& config_file)> socket_path;
    // Opens everything but the network, for when no server runs; valid until the returned object
    // goes.
    struct Opened {
        virtual ~Opened() = default;
        virtual const Services& services() = 0;
    };
    std::function<Result<std::unique_ptr<Opened>>(const std::string& config_file)> open;
    // The store's files, looked at and mended while nobody has them open.
    std::function<Result<store::CheckReport>(const std::string& config_file)> check_files;
    std::function<Result<store::RepairReport>(const std::string& config_file)> repair_files;
    // The same for any other work.
    std::function<Result<>(const std::string& config_file,
                           const std::function<Result<>(const store::EmbeddedOptions&, Log&)>&)>
        with_files;
    // Verbs that live above this layer; they get the configuration file and the words after their
    // own, and return an exit code (sysexits.h).
    struct Verb {
        std::string name, help;
        std::function<int(const std::string& config_file, const std::vector<std::string>& words)>
            run;
        std::string takes = {};  // its words, for --help; none when empty
        // All: whatever stands behind its name is its own, options too.
        enum class Takes : std::uint8_t { Words, All } how = Takes::Words;
    };
    std::vector<Verb> verbs;  // serve, config, ...
};

// main() but for its first line: reads the words, runs the verb, prints, returns the exit code
// (sysexits.h).
int run_cli(int argc, char** argv, const Program&);

}  // namespace rook::admin
