// A whole server in memory for talk files: store, directory, mailboxes and sessions, with no
// socket, a stopped clock and seeded random numbers.
//
// Threads: the test's own.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "auth/auth.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "directory/directory.h"
#include "imap/imap.h"
#include "mailbox/accounts.h"
#include "net/fake_link.h"
#include "pop3/pop3.h"
#include "smtp/smtp.h"
#include "store/memory/memory_store.h"

namespace rook::talk {

class World {
public:
    World();
    ~World();

    Result<> add_account(const std::string& address, const std::string& password,
                         std::uint64_t quota);
    Result<> add_alias(const directory::Alias&);
    // Puts a message into a mailbox, made if need be.
    Result<> put(const std::string& address, const std::string& mailbox,
                 const mailbox::FlagList& flags, std::string_view message);
    // NotFound for a protocol that there is none of.
    Result<std::unique_ptr<net::FakeLink>> connect(const std::string& protocol);
    // Closes what is above the store and opens it again, as a new process would. Links must be
    // gone.
    void restart();
    // "alice" becomes alice@example.test.
    static std::string address(const std::string& user);
    const std::string& password(const std::string& address) const;

    StoppedClock clock;
    std::unique_ptr<store::MemoryStore> store;

private:
    void open();

    std::unique_ptr<Random> random_;
    NullLog log_;
    std::map<std::string, std::string> passwords_;
    std::unique_ptr<directory::Directory> directory_;
    std::unique_ptr<auth::Authenticator> authenticator_;
    std::unique_ptr<mailbox::Accounts> accounts_;
    std::unique_ptr<imap::Services> imap_;
    std::unique_ptr<pop3::Services> pop3_;
    std::unique_ptr<smtp::Services> smtp_;
};

}  // namespace rook::talk
