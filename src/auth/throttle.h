// Counts failed logins, and refuses whoever has too many.
//
// A minute is counted from the first failure. Three counts:
//   - of a network, whatever account it tries;
//   - of an account, from networks that never logged in to it;
//   - of an account and a network that did log in to it before: such a network is bound by this
//   count
//     only, so that guesses from elsewhere, or at other accounts, cannot lock it out. The same
//     wrong password again and again (a phone that has the old one) counts once there.
// Names that nobody has are counted as others are. All tables are bounded and hold hashes, not
// names.
//
// Owned by: the authenticator. Threads: any.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/lru.h"
#include "base/random.h"

namespace rook::auth {

class Throttle {
public:
    Throttle(const Clock&, Random&, unsigned failures_per_network, unsigned failures_per_account);

    bool is_refused(std::string_view network, std::string_view name);
    // `attempt` stands for the password that was tried: equal for equal ones; empty when each
    // counts.
    void failed(std::string_view network, std::string_view name, std::string_view attempt);
    void succeeded(std::string_view network, std::string_view name);

private:
    struct Count {
        Tick since;
        unsigned failures = 0;
    };
    struct Pair {
        Tick since;
        std::vector<std::uint64_t> attempts;
    };
    using Networks = std::array<std::uint64_t, 16>;  // the latest first; 0 is none

    std::uint64_t hash(std::string_view a, std::string_view b = {}) const;
    bool is_known(std::uint64_t network, std::uint64_t name);
    template <class Entry>
    void start_anew_when_old(Entry&) const;
    bool is_over(Lru<std::uint64_t, Count>&, std::uint64_t key, unsigned most);
    void count(Lru<std::uint64_t, Count>&, std::uint64_t key);

    const Clock& clock_;
    const unsigned per_network_, per_account_;
    const std::string key_;
    std::mutex mutex_;
    Lru<std::uint64_t, Count> networks_, accounts_;
    Lru<std::uint64_t, Pair> pairs_;
    Lru<std::uint64_t, Networks> known_;
};

}  // namespace rook::auth
