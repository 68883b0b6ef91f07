// A certificate authority of one's own and a certificate by it, for trying the server out and for
// tests.
//
// Used by: the CLI (`./dev run`), tests.
// Threads: any.
#pragma once

#include <span>
#include <string>

#include "base/result.h"

namespace rook::net {

// Writes into the folder `dir`, which must exist: ca.pem (what a client should trust), cert.pem
// (the certificate, with the authority's behind it) and key.pem (mode 0600). `hosts` are names
// ("localhost") and addresses ("127.0.0.1", "::1"). Good for 800 days. The authority's own key is
// written nowhere, so that it can never sign another.
Result<> write_demo_ca_and_certificate(const std::string& dir, std::span<const std::string> hosts);

}  // namespace rook::net
