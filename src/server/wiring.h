// Builds every object of the running program by hand, in order: the table of contents of Rookery.
//
// Threads: made and destroyed on one thread.
#pragma once

#include <memory>
#include <string>

#include "admin/admin.h"
#include "server/config.h"
#include "store/embedded/embedded_store.h"

namespace rook::server {

// Where the store is, and its settings.
store::EmbeddedOptions store_options(const Config&);

// The store and everything that reads it, without a network: what a CLI verb needs when no server
// runs.
class Wiring : public admin::Program::Opened {
public:
    // Busy when another process has the data folder.
    static Result<std::unique_ptr<Wiring>> open(const Config&);
    ~Wiring() override;
    const admin::Services& services() override;

    // Opens the ports, but for those that are bound already. Once; stop() before destruction.
    Result<> listen(const net::BoundSockets& = {});
    // Says goodbye to every session, finishes what is committed, closes the ports: within five
    // seconds.
    void stop();
    // SIGHUP: certificate and log anew. What fails keeps the old one, and is in the log.
    void reload();
    // Frees what is due; called now and then by the serving loop, on its thread.
    void tidy();
    Log& log();

private:
    struct Parts;
    explicit Wiring(std::unique_ptr<Parts>);
    std::unique_ptr<Parts> parts_;
};

}  // namespace rook::server
