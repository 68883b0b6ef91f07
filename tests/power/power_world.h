// Store, directory and accounts on simulated files, as the server has them, and what must hold each
// time they are opened.
//
// Threads: one opens and looks; the accounts may be used by any.
#pragma once

#include <memory>
#include <mutex>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/simulated_files.h"
#include "directory/directory.h"
#include "mailbox/accounts.h"
#include "power/power_watch.h"

namespace rook::power {

// What the server would have logged, for a test that fails.
class KeptLog final : public Log {
public:
    void write(LogLevel, std::string_view event, std::initializer_list<LogField>) override;
    std::string text();

private:
    std::mutex mutex_;
    std::string text_;
};

class World final : public Ground {
public:
    explicit World(const Contents& contents) : contents_(contents) {}
    ~World() override;

    SimulatedFiles& files() { return files_; }
    const Contents& contents() const override { return contents_; }
    const Clock& clock() const override { return clock_; }
    mailbox::Accounts& accounts() override { return *accounts_; }
    directory::Directory& directory() override { return *directory_; }

    Result<> open();
    // The process ends here, with or without power.
    void lose();

    // Notes what was shown to clients: UIDs, UIDVALIDITY, mod-sequences.
    void note_shown() { watch_.note_shown(*this); }
    // What is there now does not go behind what was shown, and what is stored agrees with itself;
    // nothing is left of what nobody has. Fails the test otherwise.
    void check_whole();

private:
    const Contents& contents_;
    SimulatedFiles files_;
    KeptLog log_;
    StoppedClock clock_;
    std::unique_ptr<Random> random_ = make_seeded_random(1);
    std::unique_ptr<store::Store> store_;
    std::unique_ptr<directory::Directory> directory_;
    std::unique_ptr<mailbox::Accounts> accounts_;
    Watch watch_;
};

}  // namespace rook::power
