// Argon2id, as many at once as memory allows.
//
// Owned by: the authenticator. Threads: any; hash() and verify() wait for their turn and then work
// for about 40 ms.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rook::auth {

class Hasher {
public:
    explicit Hasher(unsigned at_once);

    // libsodium's string: salt, parameters and hash. Busy when there is no memory.
    Result<std::string> hash(std::string_view password);

    // An empty `stored` is a password that nobody has: it costs the same and is wrong. `still` is
    // asked when it is this call's turn; when it says false nothing is hashed and the answer is
    // Busy.
    Result<bool> verify(const std::string& stored, std::string_view password,
                        const std::function<bool()>& still);

private:
    class Turn;

    const unsigned at_once_;
    std::mutex mutex_;
    std::condition_variable free_;
    unsigned running_ = 0;
    std::string nobodys_;
};

}  // namespace rook::auth
