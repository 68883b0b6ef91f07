// Which passwords were right lately, so that a client that comes every minute costs no hash.
//
// What is kept is a keyed BLAKE2b of account, password and every credential that the account has: a
// changed credential makes another key, so what was remembered is forgotten at the same moment, and
// no two accounts can share an entry.
// Owned by: the authenticator. Threads: any.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/lru.h"
#include "base/random.h"
#include "directory/directory.h"

namespace rook::auth {

class SuccessCache {
public:
    SuccessCache(const Clock&, Random&, std::size_t entries, std::chrono::seconds lasts);

    // The app password that it was, 0 for the person's own; nothing when it is not known.
    std::optional<std::uint32_t> find(const directory::Account&, std::string_view password);
    void remember(const directory::Account&, std::string_view password, std::uint32_t app_password);

private:
    struct Known {
        std::uint32_t app_password;
        Tick until;
    };
    std::string key_of(const directory::Account&, std::string_view password) const;

    const Clock& clock_;
    const std::string secret_;
    const std::chrono::seconds lasts_;
    std::mutex mutex_;
    Lru<std::string, Known> known_;
};

// Everything that decides whether a password is right, as one text: equal when nothing changed.
std::string credentials_of(const directory::Account&);

}  // namespace rook::auth
