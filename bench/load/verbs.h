// What `load` can do: one function a verb. Each prints one JSON object and returns the exit code.
#pragma once
#include <string>

#include "load/connection.h"
#include "load/options.h"

namespace rook::bench {

int deliver(const Options&);
int fill(const Options&);
int append(const Options&);
int command(const Options&);
int batch(const Options&);
int mailboxes(const Options&);
int qresync(const Options&);
int push(const Options&);
int mix(const Options&);
int login(const Options&);
int pop3(const Options&);
int idle(const Options&);

inline Connection::Security security(const Options& options) {
    return options.has("tls") ? Connection::Security::Tls : Connection::Security::Plain;
}

}  // namespace rook::bench
