// SCRAM-SHA-256 (RFC 5802, 7677) without a network: keys, messages, proofs.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "directory/directory.h"

namespace rook::auth::scram {

// RFC 7677 4 asks for 4,096 at least, enough for a secret of 128 bits; a person's own password
// needs what keeps a guesser busy.
constexpr std::uint32_t kSecretIterations = 4'096;
constexpr std::uint32_t kPasswordIterations = 600'000;

// `password` as prepare_password() gives it. About 1 ms for 4,096 iterations.
directory::ScramVerifier make_verifier(std::string_view password, std::string_view salt,
                                       std::uint32_t iterations);

// The same salt for ever for the same name, whether or not anybody has it: a client that asks for
// the salt of a name learns nothing.
std::string salt_for(std::string_view secret, std::string_view login_name);

// RFC 5802 7. BadSyntax; Unsupported for channel binding, which we do not offer.
struct ClientFirst {
    std::string gs2_header, authzid, user, nonce;
    std::string bare;  // client-first-message-bare
};
Result<ClientFirst> read_client_first(std::string_view);

struct ClientFinal {
    std::string channel, nonce, proof;  // decoded
    std::string without_proof;
};
Result<ClientFinal> read_client_final(std::string_view);

// Constant time. `auth_message` as RFC 5802 3 defines it.
bool proves(const directory::ScramVerifier&, std::string_view auth_message, std::string_view proof);
std::string server_signature(const directory::ScramVerifier&, std::string_view auth_message);

}  // namespace rook::auth::scram
