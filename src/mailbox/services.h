// What every account uses and the process has one of. Private to mailbox/.
//
// Owned by: Accounts; outlives every account.
#pragma once

#include <atomic>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "directory/directory.h"
#include "mailbox/accounts.h"
#include "mailbox/hub.h"
#include "mailbox/page_cache.h"
#include "store/store.h"

namespace rook::mailbox {

struct Services {
    Services(store::Store& s, directory::Directory& d, const Clock& c, Random& r, Log& l, Limits n)
        : store(s),
          directory(d),
          clock(c),
          random(r),
          log(l),
          limits(n),
          cache(n.page_cache_bytes) {}

    store::Store& store;
    directory::Directory& directory;
    const Clock& clock;
    Random& random;
    Log& log;
    const Limits limits;
    Hub hub;
    Cache cache;
    std::atomic<Origin> next_origin{1};
};

}  // namespace rook::mailbox
