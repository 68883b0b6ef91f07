// SASL mechanisms: one file each, listed in authenticator.cpp.
#pragma once

#include <memory>

#include "auth/auth.h"
#include "auth/gate.h"

namespace rook::auth {

// What a mechanism may use; outlives it.
struct Tools {
    Authenticator& authenticator;
    Gate& gate;
    directory::Directory& directory;
    Random& random;
};

// No response of ours is longer; a message that is gets BadSyntax.
constexpr std::size_t kMaxResponse = 12 * 1024;

std::unique_ptr<Authenticator::Exchange> make_plain(Tools, const Origin&);
std::unique_ptr<Authenticator::Exchange> make_login(Tools, const Origin&);
std::unique_ptr<Authenticator::Exchange> make_scram_sha_256(Tools, const Origin&);

}  // namespace rook::auth
