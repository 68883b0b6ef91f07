// What the tests of logins stand on: a directory in memory, a clock that stands still, a log that
// is kept.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <string>

#include "auth/auth.h"
#include "store/memory/memory_store.h"

namespace rook::auth {

using directory::Protocol;

// Keeps every line, to look for what must not be in one.
class KeptLog final : public Log {
public:
    void write(LogLevel level, std::string_view event,
               std::initializer_list<LogField> fields) override {
        std::lock_guard lock(mutex_);
        lines_ += format_log_line(LogFormat::Logfmt, {}, level, event, fields) + "\n";
    }
    std::string lines() {
        std::lock_guard lock(mutex_);
        return lines_;
    }

private:
    std::mutex mutex_;
    std::string lines_;
};

class AuthTest : public testing::Test {
protected:
    AuthTest() {
        EXPECT_TRUE(directory->add_domain("example.org"));
        make({});
    }
    void make(Options options) {
        authenticator = Authenticator::make(*directory, clock, *random, log, options);
    }
    AccountId add(std::string address, std::string_view password) {
        directory::Account account;
        account.id = directory->reserve_account().value();
        account.address = std::move(address);
        if (!password.empty()) account.password = authenticator->hash_password(password).value();
        EXPECT_TRUE(directory->add_account(account));
        return account.id;
    }
    Origin from(std::string network, Protocol protocol = Protocol::Imap) {
        return {.protocol = protocol, .network = std::move(network), .is_tls = true};
    }
    // "ok", or the reason and sentence of the refusal.
    std::string check(std::string_view user, std::string_view password, const Origin& origin) {
        auto login = authenticator->check(origin, user, password);
        if (login) return "ok";
        return std::string(to_string(login.error().why)) + ": " + login.error().said;
    }
    std::string check(std::string_view user, std::string_view password) {
        return check(user, password, from("n" + std::to_string(++networks)));
    }

    const std::string denied =
        std::string(to_string(Why::Denied)) + ": Wrong user name or password";
    const std::string busy =
        std::string(to_string(Why::Busy)) + ": Too many failed logins, try again later";

    int networks = 0;
    std::unique_ptr<store::MemoryStore> store = store::make_memory_store();
    StoppedClock clock;
    std::unique_ptr<Random> random = make_seeded_random(7);
    KeptLog log;
    std::unique_ptr<directory::Directory> directory =
        directory::Directory::open(*store, clock, {.default_domain = "example.org"}).value();
    std::unique_ptr<Authenticator> authenticator;
};

}  // namespace rook::auth
