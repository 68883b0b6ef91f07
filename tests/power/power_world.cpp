#include "power/power_world.h"

#include <gtest/gtest.h>

#include "base/codec.h"
#include "mailbox/keys.h"
#include "store/embedded/embedded_store.h"

namespace rook::power {

using store::Table;
namespace keys = mailbox::keys;

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

Result<mailbox::AccountPtr> World::account(const std::string& address) {
    auto found = TRY(directory_->find(address));
    if (!found) return fail(Why::NotFound, "no such account");
    return accounts_->open(found->id);
}

Result<Model> World::read() {
    Model model;
    for (auto& known : TRY(directory_->accounts())) {
        auto account = TRY(accounts_->open(known->id));
        model[known->address] = TRY(read_mail(*account, contents_));
    }
    return model;
}

void World::note_shown() {
    auto known = directory_->accounts();
    if (!known) return;
    for (auto& one : *known) {
        auto account = accounts_->open(one->id);
        if (!account) continue;
        for (auto& info : (*account)->mailboxes()) {
            auto& shown = shown_[info.id];
            shown = {info.uidvalidity, info.uidnext.v, info.highest_modseq.v};
        }
    }
}

void World::check_shown() {
    auto known = directory_->accounts();
    ASSERT_TRUE(known);
    for (auto& one : *known) {
        auto account = accounts_->open(one->id);
        ASSERT_TRUE(account) << account.error().detail;
        for (auto& info : (*account)->mailboxes()) {
            auto found = shown_.find(info.id);
            if (found == shown_.end()) continue;
            EXPECT_EQ(info.uidvalidity, found->second.uidvalidity) << info.name;
            EXPECT_GE(info.uidnext.v, found->second.uidnext) << info.name << ": UIDs come again";
            EXPECT_GE(info.highest_modseq.v, found->second.highest_modseq) << info.name;
        }
    }
}

// The timer's work, to its end.
void World::tidy() {
    for (int i = 0;; ++i) {
        auto is_more = accounts_->tidy();
        ASSERT_TRUE(is_more) << is_more.error().detail;
        if (!*is_more) break;
        ASSERT_LT(i, 1000);
    }
}

void World::check_whole() {
    check_shown();
    // Deleted mailboxes are emptied, and what may be undeleted is freed when its time has come.
    tidy();
    clock_.advance(std::chrono::hours(24 * 15));
    tidy();
    auto report = accounts_->check();
    ASSERT_TRUE(report) << report.error().said << report.error().detail;
    for (auto& problem : report->problems) ADD_FAILURE() << problem.what;
    check_leftovers();
    check_shown();
}

// What an email has in other tables is there because of its E record; nothing is half done.
void World::check_leftovers() {
    auto known = store_->accounts();
    ASSERT_TRUE(known);
    for (auto id : *known) {
        if (id == kDirectoryAccount) continue;
        auto found = directory_->find(id);
        ASSERT_TRUE(found);
        EXPECT_TRUE(*found) << "records of an account that nobody knows";
        std::set<std::string> emails;
        auto scan = [&](Table table, const std::function<void(std::string_view)>& each) {
            auto done = store_->scan(id, table, {}, {}, [&](auto key, auto) {
                each(key);
                return true;
            });
            ASSERT_TRUE(done) << done.error().detail;
        };
        scan(Table::Records, [&](auto key) {
            EXPECT_NE(key[0], keys::kStaged) << "a staged message or copy was not swept";
            EXPECT_NE(key[0], keys::kDoomed) << "a deleted mailbox was not emptied";
            EXPECT_NE(key[0], keys::kFree) << "an expunged email was not freed";
            if (key[0] == keys::kEmail) emails.insert(std::string(key.substr(1, 16)));
        });
        for (auto table : {Table::Bodies, Table::Summaries, Table::Signatures}) {
            scan(table, [&](auto key) {
                EXPECT_TRUE(emails.contains(std::string(key.substr(1, 16))))
                    << "a piece of an email that nobody has in table " << int(table);
            });
        }
    }
}

}  // namespace rook::power
