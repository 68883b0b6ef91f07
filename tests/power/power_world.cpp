#include "power/power_world.h"

#include <gtest/gtest.h>

#include "store/embedded/embedded_store.h"

namespace rook::power {

void KeptLog::write(LogLevel level, std::string_view event,
                    std::initializer_list<LogField> fields) {
    std::lock_guard lock(mutex_);
    text_ += format_log_line(LogFormat::Logfmt, {}, level, event, fields) + "\n";
}

std::string KeptLog::text() {
    std::lock_guard lock(mutex_);
    return text_;
}

World::~World() {
    lose();
    if (testing::Test::HasFailure()) std::fputs(log_.text().c_str(), stderr);
}

Result<> World::open() {
    store_ = TRY(store::open_embedded_store({.path = "/store",
                                             .reserve_bytes = 1000,
                                             .ballast_bytes = 0,
                                             .cache_bytes = 8 << 20,
                                             .write_buffer_bytes = 8 << 20,
                                             .keep_every = std::chrono::milliseconds(20),
                                             .files = &files_},
                                            log_));
    directory_ = TRY(directory::Directory::open(*store_, clock_, {}));
    accounts_ = TRY(mailbox::Accounts::open(*store_, *directory_, clock_, *random_, log_, {}));
    return {};
}

void World::lose() {
    // As the server goes down: nobody may be told by a store that is gone.
    if (store_) store_->close();
    accounts_.reset();
    directory_.reset();
    store_.reset();
}

void World::check_whole() {
    auto check = [](const Complaints& complaints) {
        for (auto& one : complaints) ADD_FAILURE() << one;
    };
    check(watch_.check_shown(*this));
    // Deleted mailboxes are emptied, and what may be undeleted is freed when its time has come.
    check(tidy(*this));
    clock_.advance(std::chrono::hours(24 * 15));
    check(tidy(*this));
    check(check_stored(*this, *store_, Tidied::Yes));
    check(watch_.check_shown(*this));
}

}  // namespace rook::power
