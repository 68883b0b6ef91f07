// backup and restore, the verbs: on a store of files, with and without a server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "admin/callers.h"
#include "admin/verb_list.h"
#include "base/base64.h"
#include "base/random.h"
#include "directory/records.h"
#include "store/embedded/embedded_store.h"

namespace rook::admin {
namespace {

using testing::HasSubstr;

class BackupVerbs : public testing::Test {
protected:
    // Everything on one store; what a call borrows, as it does from a server.
    struct World {
        explicit World(const store::EmbeddedOptions& options, const std::string& data) {
            store = store::open_embedded_store(options, log).value();
            directory = directory::Directory::open(*store, clock, {.default_domain = "example.org"})
                            .value();
            authenticator = auth::Authenticator::make(*directory, clock, *random, log, {});
            accounts = mailbox::Accounts::open(*store, *directory, clock, *random, log, {}).value();
            services.reset(new Services{*store,
                                        *directory,
                                        *authenticator,
                                        *accounts,
                                        nullptr,
                                        clock,
                                        log,
                                        "1.0",
                                        "host.example",
                                        data,
                                        "",
                                        {}});
        }
        ~World() { store->close(); }
        StoppedClock clock;
        NullLog log;
        std::unique_ptr<Random> random = make_seeded_random(11);
        std::unique_ptr<store::Store> store;
        std::unique_ptr<directory::Directory> directory;
        std::unique_ptr<auth::Authenticator> authenticator;
        std::unique_ptr<mailbox::Accounts> accounts;
        std::unique_ptr<Services> services;
    };
    struct Borrowed final : Program::Opened {
        explicit Borrowed(const Services& s) : of(s) {}
        const Services& services() override { return of; }
        const Services& of;
    };

    BackupVerbs()
        : root_(testing::TempDir() + "rookery-verbs-" + std::to_string(getpid())),
          data_(root_ + "/data"),
          backups_(root_ + "/backups") {
        std::filesystem::remove_all(root_);
        std::filesystem::create_directories(data_);
        program_.open = [this](auto&) -> Result<std::unique_ptr<Program::Opened>> {
            if (!world_) world_ = std::make_unique<World>(options(), data_);
            return std::make_unique<Borrowed>(*world_->services);
        };
        program_.with_files = [this](auto&, const auto& work) { return work(options(), log_); };
        open();
        call("domain add", Json::object({{"domain", Json::Array{"example.org"}}}));
        call("account add", Json::object({{"address", Json::Array{"ann@example.org"}},
                                          {"password", "a good password"}}));
    }
    ~BackupVerbs() override {
        world_.reset();
        std::filesystem::remove_all(root_);
    }
    store::EmbeddedOptions options() const {
        return {.path = data_ + "/store",
                .reserve_bytes = 1000,
                .ballast_bytes = 0,
                .cache_bytes = 1 << 20,
                .write_buffer_bytes = 8 << 20};
    }
    void open() { (void)program_.open(""); }

    static Json flat(const Result<Json>& answer) {
        if (answer) return *answer;
        return Json::object(
            {{"why", to_string(answer.error().why)}, {"said", answer.error().said}});
    }
    static std::string text(const Json& json, std::string_view name) {
        auto* found = json.find(name);
        return found && found->as_text() ? *found->as_text() : "-";
    }
    static std::int64_t number(const Json& json, std::string_view name) {
        auto* found = json.find(name);
        return found && found->as_number() ? *found->as_number() : -1;
    }
    std::unique_ptr<Caller> caller() {
        return local_caller(std::make_unique<Borrowed>(*world_->services), {});
    }
    Json call(std::string_view name, const Json& args) { return flat(caller()->call(name, args)); }
    // As the command line does: with a server, or alone.
    Json client(std::string_view name, Json args) {
        args.set("folder", backups_);
        auto& verb = *find_verb(name);
        if (auto good = check_args(verb, args); !good) return flat(std::unexpected(good.error()));
        if (!world_) return flat(verb.alone(program_, "", Args(args), {}));
        auto to = caller();
        return flat(verb.on_client(Args(args), *to));
    }
    Json append(const std::string& address, const std::string& message,
                const std::string& flags = "\\Seen") {
        auto sink = begin_verb(*find_verb("mailbox append"), *world_->services,
                               Json::object({{"address", address},
                                             {"flags", Json::Array{Json(flags)}},
                                             {"received", 1'700'000'000},
                                             {"as-is", true}}));
        EXPECT_TRUE(sink);
        EXPECT_TRUE((*sink)->write(message));
        return flat((*sink)->finish());
    }
    static std::string mail(const std::string& id) {
        return "Message-ID: <" + id + "@example.net>\r\nSubject: x\n\r\na bare\nline\r\n" +
               std::string(3000, 'x');
    }
    mailbox::MailboxInfo inbox(const std::string& address) {
        auto account = world_->directory->find(address).value();
        return *world_->accounts->open(account->id).value()->find("INBOX");
    }
    static Json words(std::initializer_list<Json::Member> members) { return Json::object(members); }

    const std::string root_, data_, backups_;
    NullLog log_;
    std::unique_ptr<World> world_;
    Program program_;
};

TEST_F(BackupVerbs, BackUpListVerify) {
    append("ann", mail("one"));
    auto first = client("backup", words({{"state", "one"}}));
    EXPECT_EQ(text(first, "state"), "one");
    EXPECT_GT(number(first, "copied_files"), 3);
    append("ann", mail("two"));
    auto second = client("backup", words({}));
    EXPECT_LT(number(second, "copied_files"), number(second, "files"));
    EXPECT_EQ(text(client("backup", words({{"state", "one"}})), "why"), "exists");
    EXPECT_TRUE(std::filesystem::is_empty(data_ + "/store/snapshots"));
    EXPECT_EQ(client("backup", words({{"list", true}})).as_array()->size(), 2u);
    EXPECT_EQ(text(client("backup", words({{"list", true}, {"verify", true}})), "why"),
              "bad-syntax");

    // Without a server, and without a store.
    world_.reset();
    std::filesystem::rename(data_ + "/store", data_ + "/away");
    EXPECT_EQ(client("backup", words({{"list", true}})).as_array()->size(), 2u);
    EXPECT_FALSE(world_);
    auto verified = client("backup", words({{"verify", true}}));
    EXPECT_EQ(number(verified, "states"), 2);
    EXPECT_EQ(find_verb("backup")->exit_code(verified), 0);
    std::string hurt;
    for (auto& file : std::filesystem::directory_iterator(backups_ + "/files")) hurt = file.path();
    std::fstream(hurt, std::ios::in | std::ios::out | std::ios::binary).seekp(2).put('\xEE');
    verified = client("backup", words({{"verify", true}}));
    EXPECT_NE(find_verb("backup")->exit_code(verified), 0);
    EXPECT_THAT(write_json(verified), HasSubstr(std::filesystem::path(hurt).filename().string()));
    std::filesystem::rename(data_ + "/away", data_ + "/store");
    EXPECT_EQ(number(client("backup", words({{"state", "new"}, {"keep", 1}})), "removed"), 2);
}

TEST_F(BackupVerbs, TheDataFolderIsNoPlaceForThem) {
    for (auto name : {"", "/inside", "/../data/inside", "/store"}) {
        auto args = words({{"folder", data_ + name}});
        auto to = caller();
        auto answer = flat(find_verb("backup")->on_client(Args(args), *to));
        EXPECT_EQ(text(answer, "why"), "cannot") << name;
    }
    EXPECT_FALSE(std::filesystem::exists(data_ + "/inside"));
}

TEST_F(BackupVerbs, RestoreEverything) {
    append("ann", mail("one"));
    client("backup", words({}));
    append("ann", mail("two"));
    const auto today = inbox("ann");
    EXPECT_EQ(text(client("restore", words({})), "why"), "cannot") << "the server runs";
    world_.reset();
    EXPECT_EQ(text(client("restore", words({})), "why"), "exists") << "there is a store";
    std::filesystem::rename(data_ + "/store", root_ + "/away");
    EXPECT_EQ(text(client("restore", words({{"state", "none"}})), "why"), "not-found");
    // What an earlier one left is in nobody's way.
    std::filesystem::create_directories(data_ + "/store.restoring/db");
    EXPECT_EQ(text(client("restore", words({})), "why"), "-");
    EXPECT_FALSE(std::filesystem::exists(data_ + "/store.restoring"));
    open();
    const auto now = inbox("ann");
    EXPECT_EQ(now.messages, 1u);
    EXPECT_EQ(now.uidvalidity, today.uidvalidity);
    EXPECT_GT(now.uidnext, today.uidnext);
    EXPECT_GT(now.highest_modseq, today.highest_modseq);
    EXPECT_EQ(world_->accounts->check()->problems.size(), 0u);
}

TEST_F(BackupVerbs, ADamagedBackupMakesNoStore) {
    append("ann", mail("one"));
    client("backup", words({}));
    world_.reset();
    std::filesystem::rename(data_ + "/store", root_ + "/away");
    for (auto& file : std::filesystem::directory_iterator(backups_ + "/files")) {
        if (file.path().filename().string().find(".sst-") == std::string::npos) continue;
        std::fstream(file.path(), std::ios::in | std::ios::out | std::ios::binary)
            .seekp(50)
            .put('\xEE');
    }
    auto answer = client("restore", words({}));
    EXPECT_EQ(text(answer, "why"), "corrupt");
    EXPECT_THAT(text(answer, "said"), HasSubstr("--verify"));
    EXPECT_FALSE(std::filesystem::exists(data_ + "/store"));
}

TEST_F(BackupVerbs, RestoreAnAccount) {
    append("ann", mail("one"));
    client("backup", words({}));
    append("ann", mail("two"));
    const auto today = inbox("ann");
    EXPECT_THAT(text(client("restore", words({{"account", "ann@example.org"}})), "said"),
                HasSubstr("--replace"));
    auto args = words({{"account", "ann@example.org"}, {"as", "old@example.org"}});
    EXPECT_EQ(number(client("restore", args), "damaged"), 0);
    EXPECT_EQ(inbox("old").messages, 1u);
    EXPECT_TRUE(world_->directory->find("old").value()->password.empty());
    EXPECT_EQ(inbox("ann").messages, 2u);

    args = words({{"account", "ann@example.org"}, {"replace", true}});
    EXPECT_EQ(number(client("restore", args), "damaged"), 0);
    EXPECT_EQ(inbox("ann").messages, 1u);
    EXPECT_GT(inbox("ann").uidnext, today.uidnext);
    EXPECT_GT(inbox("ann").highest_modseq, today.highest_modseq);

    // One that was removed comes back as it was, its password too; with the server stopped.
    call("account remove", words({{"address", Json::Array{"ann@example.org"}}}));
    world_.reset();
    args = words({{"account", "ann@example.org"}});
    EXPECT_EQ(number(client("restore", args), "damaged"), 0);
    EXPECT_EQ(inbox("ann").messages, 1u);
    EXPECT_FALSE(world_->directory->find("ann").value()->password.empty());
    EXPECT_EQ(world_->accounts->check()->problems.size(), 0u);
}

TEST_F(BackupVerbs, RestoreAMessage) {
    append("ann", mail("one"));
    const auto email = text(append("ann", mail("two"), "$work"), "email");
    client("backup", words({}));
    for (std::string which : {"<two@example.net>", "two@example.net", email.c_str(), "2"}) {
        auto args = words({{"account", "ann@example.org"}, {"message", which}});
        if (which == "2") args.set("mailbox", "INBOX");
        auto answer = client("restore", args);
        ASSERT_TRUE(answer.as_array()) << which << write_json(answer);
        EXPECT_EQ(answer.as_array()->size(), 1u);
    }
    EXPECT_EQ(inbox("ann").messages, 6u);
    auto account = world_->accounts->open(world_->directory->find("ann").value()->id).value();
    auto view = account->select(account->find("INBOX")->id, mailbox::Account::Access::ReadOnly, {});
    mailbox::Entry last;
    UidSet all;
    all.add(Uid{1}, Uid{0xFFFFFFFF});
    EXPECT_TRUE((*view)->walk(all, [&](auto& item) {
        last = item.entry;
        return true;
    }));
    EXPECT_EQ(last.uid.v, 6u);
    EXPECT_EQ(last.keywords, 1u);
    EXPECT_EQ(last.received, 1'700'000'000);
    // Byte by byte, line ends and all.
    auto body = account->body(last.email).value();
    EXPECT_EQ(body->read(0, body->size()).value(), mail("two"));

    const std::pair<Json, const char*> bad[] = {
        {words({{"account", "ann@example.org"}, {"message", "2"}}), "bad-syntax"},
        {words({{"account", "ann@example.org"}, {"message", " "}}), "bad-syntax"},
        {words({{"account", "ann@example.org"}, {"message", "three@x"}}), "not-found"},
        {words({{"account", "bob@example.org"}, {"message", "two@x"}}), "not-found"},
        {words({{"message", "two@x"}}), "bad-syntax"},
        {words({{"account", "ann@example.org"}, {"mailbox", "INBOX"}}), "bad-syntax"},
        {words({{"account", "ann"}, {"as", "x@example.org"}, {"replace", true}}), "bad-syntax"},
    };
    for (auto& [args, why] : bad)
        EXPECT_EQ(text(client("restore", args), "why"), why) << write_json(args);
}

TEST_F(BackupVerbs, RowsThatMakeNoSenseLeaveNoAccount) {
    client("backup", words({}));
    const auto ann = world_->directory->find("ann").value();
    auto args = words({{"address", "x@example.org"}, {"record", "AAAA"}, {"number", 1}});
    EXPECT_FALSE(begin_verb(*find_verb("account restore"), *world_->services, args));
    for (std::string bytes : {std::string("\x09\x01k\x01v", 5), std::string(200'000, '\xff'),
                              std::string("\x00\x01Z", 3)}) {
        args.set("record", base64_encode(directory::account_value(*ann)));
        args.set("number", ann->id.v);
        auto answer =
            flat(caller()->call("account restore", args,
                                [&, sent = false]() mutable -> Result<std::optional<std::string>> {
                                    if (std::exchange(sent, true)) return std::nullopt;
                                    return bytes;
                                }));
        EXPECT_NE(text(answer, "why"), "-");
    }
    EXPECT_EQ(world_->store->accounts()->size(), 2u);  // the directory, ann
}

}  // namespace
}  // namespace rook::admin
