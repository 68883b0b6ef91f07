// Directory and accounts on a store, as the server has them, with a clock that stands still.
#pragma once

#include <chrono>
#include <memory>

#include "base/log.h"
#include "base/random.h"
#include "power/power_steps.h"
#include "store/store.h"

namespace rook::states {

// The messages of all scripts.
const power::Contents& contents();

class OpenMail final : public power::Ground {
public:
    OpenMail(store::Store& store, std::uint64_t seed)
        : store_(store), random_(make_seeded_random(seed)) {}
    Result<> open();
    void close();
    void pass(std::chrono::seconds time) { clock_.advance(time); }

    const power::Contents& contents() const override { return states::contents(); }
    const Clock& clock() const override { return clock_; }
    mailbox::Accounts& accounts() override { return *accounts_; }
    directory::Directory& directory() override { return *directory_; }

private:
    store::Store& store_;
    StoppedClock clock_;
    NullLog log_;
    std::unique_ptr<Random> random_;
    std::unique_ptr<directory::Directory> directory_;
    std::unique_ptr<mailbox::Accounts> accounts_;
};

}  // namespace rook::states
