// Folders of backups: what they keep, what damage and power cuts do to them, and whole stores in
// and out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>

#include "base/log.h"
#include "base/simulated_files.h"
#include "store/embedded/backup_folder.h"
#include "store/embedded/backup_store.h"
#include "store/embedded/embedded_store.h"

namespace rook::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr AccountId kOne{1};

class Backups : public testing::Test {
protected:
    Backups() { start(); }
    void start() {
        folder_.reset();
        files_ = std::make_unique<SimulatedFiles>();
        EXPECT_TRUE(files_->make_dir("/snapshot"));
    }
    void write(const std::string& name, std::string_view content) {
        ASSERT_TRUE(files_->replace("/snapshot/" + name, content));
    }
    Result<> open(BackupFolder::For purpose = BackupFolder::For::Add) {
        folder_.reset();
        folder_ = TRY(BackupFolder::open(*files_, "/backups", purpose));
        return {};
    }
    Result<BackupAdded> add(const std::string& name, std::string_view store = "store") {
        TRY(open());
        return folder_->add("/snapshot", store, name, ++now_, {});
    }
    std::vector<std::string> names() {
        EXPECT_TRUE(open());
        std::vector<std::string> all;
        for (auto& state : folder_->states()) all.push_back(state.name);
        return all;
    }
    // "file: what", of all that is damaged.
    std::vector<std::string> damage() {
        EXPECT_TRUE(open(BackupFolder::For::Read));
        auto report = folder_->verify({});
        EXPECT_TRUE(report);
        std::vector<std::string> all;
        for (auto& one : report->damage) all.push_back(one.file + ": " + one.what);
        return all;
    }

    std::unique_ptr<SimulatedFiles> files_;
    std::unique_ptr<BackupFolder> folder_;
    std::int64_t now_ = 1000;
};

TEST_F(Backups, OnlyWhatIsNewIsCopied) {
    write("000001.sst", "table one");
    write("000002.blob", "bodies");
    write("MANIFEST-000003", "names one");
    auto first = add("a");
    ASSERT_TRUE(first) << first.error().said;
    EXPECT_EQ(first->new_files, 3u);

    write("000004.sst", "table four");
    write("MANIFEST-000003", "names one and four");
    auto second = add("b");
    ASSERT_TRUE(second);
    EXPECT_EQ(second->new_files, 2u);
    EXPECT_EQ(second->new_bytes, 28u);
    EXPECT_EQ(second->state.files.size(), 4u);
    // A store that was put back gives its numbers out again.
    write("000004.sst", "table FOUR");
    EXPECT_EQ(add("again")->new_files, 2u);
    // Another store gives its files the same names.
    write("000001.sst", "table ONE");
    EXPECT_EQ(add("c", "another")->new_files, 4u);
    EXPECT_THAT(names(), ElementsAre("a", "b", "again", "c"));
    EXPECT_THAT(damage(), IsEmpty());

    for (auto& [state, content] : std::map<std::string, std::string>{
             {"a", "table one"}, {"b", "table one"}, {"c", "table ONE"}}) {
        ASSERT_TRUE(files_->make_dir("/" + state));
        ASSERT_TRUE(folder_->copy_out(**folder_->find(state), "/" + state, {}));
        EXPECT_EQ(*files_->load("/" + state + "/000001.sst"), content);
    }
    EXPECT_EQ(*files_->load("/a/MANIFEST-000003"), "names one");
    EXPECT_EQ(*files_->load("/b/000004.sst"), "table four");
}

TEST_F(Backups, DamageIsNamedAndNotRestored) {
    write("000001.sst", "table one");
    write("000002.blob", "bodies");
    const auto first = add("a")->state.files;
    write("000003.sst", "table three");
    ASSERT_TRUE(add("b"));
    ASSERT_TRUE(files_->flip_bit("/backups/files/" + first[0].copy(), 3, 2));
    ASSERT_TRUE(files_->remove("/backups/files/" + first[1].copy()));
    EXPECT_THAT(damage(), ElementsAre("files/" + first[0].copy() + ": its bytes have changed",
                                      "files/" + first[1].copy() + ": it is missing"));
    ASSERT_TRUE(files_->make_dir("/out"));
    auto out = folder_->copy_out(**folder_->find("a"), "/out", {});
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error().why, Why::Corrupt);
    EXPECT_THAT(out.error().said, HasSubstr(first[0].copy()));

    // What is missing is copied again; what has changed is when it has been removed.
    ASSERT_TRUE(files_->remove("/backups/files/" + first[0].copy()));
    EXPECT_EQ(add("c")->new_files, 2u);
    EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(Backups, ADamagedListIsNamedAndTheOthersServe) {
    write("000001.sst", "table one");
    ASSERT_TRUE(add("a"));
    ASSERT_TRUE(add("b"));
    ASSERT_TRUE(files_->flip_bit("/backups/states/b", 30, 0));
    EXPECT_THAT(names(), ElementsAre("a"));
    EXPECT_EQ(folder_->find("b").error().why, Why::Corrupt);
    EXPECT_EQ(folder_->find("x").error().why, Why::NotFound);
    EXPECT_EQ((*folder_->find(""))->name, "a");
    EXPECT_EQ(folder_->keep(1).error().why, Why::Cannot);
    EXPECT_THAT(damage(), ElementsAre("states/b: the list of its files is damaged"));
    EXPECT_EQ(add("b").error().why, Why::Exists);
    EXPECT_TRUE(add("c"));
}

TEST_F(Backups, AFolderOfSomethingElseIsLeftAlone) {
    ASSERT_TRUE(files_->make_dir("/backups"));
    ASSERT_TRUE(files_->replace("/backups/letter", "mine"));
    EXPECT_EQ(open().error().why, Why::Cannot);
    EXPECT_EQ(open(BackupFolder::For::Read).error().why, Why::NotFound);
    EXPECT_EQ(files_->list("/backups")->size(), 1u);
    ASSERT_TRUE(files_->replace("/backups/format", "rookery-backup 2\n"));
    EXPECT_EQ(open().error().why, Why::Unsupported);
    ASSERT_TRUE(files_->replace("/backups/format", "noise"));
    EXPECT_EQ(open().error().why, Why::Corrupt);

    start();
    ASSERT_TRUE(files_->replace("/backups", "a file"));
    EXPECT_EQ(open().error().why, Why::Cannot);
    EXPECT_EQ(*files_->load("/backups"), "a file");

    start();
    for (auto name : {"", ".", "a/b", "a b", "a.new"})
        EXPECT_EQ(add(name).error().why, Why::BadSyntax) << name;
    // While one is at it.
    EXPECT_EQ(BackupFolder::open(*files_, "/backups", BackupFolder::For::Add).error().why,
              Why::Busy);
}

TEST_F(Backups, KeepRemovesTheOldest) {
    write("000001.sst", "one");
    ASSERT_TRUE(add("a"));
    ASSERT_TRUE(files_->remove("/snapshot/000001.sst"));
    write("000002.sst", "two");
    ASSERT_TRUE(add("b"));
    ASSERT_TRUE(add("c"));
    EXPECT_EQ(*folder_->keep(2), 1u);
    EXPECT_EQ(files_->list("/backups/files")->size(), 1u);
    EXPECT_EQ(*folder_->keep(0), 1u);  // the newest stays whatever is said
    EXPECT_THAT(names(), ElementsAre("c"));
    EXPECT_THAT(damage(), IsEmpty());
}

TEST_F(Backups, RestoresAreNumbered) {
    write("000001.sst", "one");
    ASSERT_TRUE(add("a"));
    EXPECT_EQ(*folder_->count_restore(0), 1u);
    EXPECT_EQ(*folder_->count_restore(0), 2u);
    EXPECT_EQ(*folder_->count_restore(7), 8u);  // of a folder that knows of more
    EXPECT_EQ(*folder_->count_restore(2), 9u);
    for (std::string_view damaged : {"many", "", "-1", "4294967296", "18446744073709551615"}) {
        ASSERT_TRUE(files_->replace("/backups/restores", damaged));
        const auto counted = folder_->count_restore(0);
        ASSERT_FALSE(counted) << damaged;
        EXPECT_EQ(counted.error().why, Why::Corrupt) << damaged;
        EXPECT_EQ(*files_->load("/backups/restores"), damaged);
    }
}

// The states say how many there had been.
TEST_F(Backups, RestoresAreNumberedOnWhenTheirCounterIsLost) {
    write("000001.sst", "one");
    ASSERT_TRUE(add("a"));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(folder_->count_restore(0));
    ASSERT_TRUE(add("b"));
    ASSERT_TRUE(files_->remove("/backups/restores"));
    EXPECT_EQ(*folder_->count_restore(0), 4u);
    EXPECT_EQ(*folder_->count_restore(0), 5u);
}

// Power goes, or a call fails, at every step of a second backup.
TEST_F(Backups, CutOffAnywhereTheEarlierOnesServe) {
    auto begin = [&] {
        start();
        write("000001.sst", std::string(3000, 'a'));
        write("CURRENT", "1");
        ASSERT_TRUE(add("a"));
        write("000002.blob", std::string(3000, 'b'));
        write("CURRENT", "2");
        ASSERT_TRUE(open());
    };
    begin();
    const auto calls_before = files_->calls();
    ASSERT_TRUE(folder_->add("/snapshot", "store", "b", 2000, {}));
    const auto calls = files_->calls() - calls_before;
    ASSERT_GT(calls, 8u);
    int made = 0;
    for (std::uint64_t k = 1; k <= calls; ++k) {
        for (const bool is_cut : {true, false}) {
            begin();
            if (is_cut) {
                files_->cut_power_at(k, k);
            } else {
                files_->fail_call(k, EIO);
            }
            const bool said = folder_->add("/snapshot", "store", "b", 2000, {}).has_value();
            EXPECT_FALSE(said) << k;
            folder_.reset();
            if (is_cut) files_->power_on();
            EXPECT_THAT(damage(), IsEmpty()) << k;
            const auto have = names();
            ASSERT_FALSE(have.empty()) << k;
            EXPECT_EQ(have[0], "a");
            made += have.size() == 2;
            ASSERT_TRUE(add("after")) << k;
            EXPECT_THAT(damage(), IsEmpty()) << k;
        }
    }
    EXPECT_GT(made, 0);
}

// On the system's own files: tables and body files are linked.
class WholeStore : public testing::Test {
protected:
    WholeStore() : root_(testing::TempDir() + "rookery-backup-" + std::to_string(getpid())) {
        std::filesystem::remove_all(root_);
        std::filesystem::create_directory(root_);
    }
    ~WholeStore() override {
        folder_.reset();
        std::filesystem::remove_all(root_);
    }
    EmbeddedOptions options(const std::string& name) {
        return {.path = root_ + name,
                .reserve_bytes = 1000,
                .ballast_bytes = 0,
                .cache_bytes = 1 << 20,
                .write_buffer_bytes = 8 << 20};
    }
    Result<> open() {
        folder_.reset();
        folder_ = TRY(BackupFolder::open(*files_, root_ + "/backups", BackupFolder::For::Add));
        return {};
    }
    std::unique_ptr<Store> open_store(const std::string& path) {
        auto store = open_embedded_store(options(path), log_);
        EXPECT_TRUE(store) << store.error().said << " " << store.error().detail;
        return store ? *std::move(store) : nullptr;
    }
    static void put(Store& store, int i) {
        Batch batch;
        auto key = std::to_string(i);
        batch.put(Table::Records, key, "record " + key);
        batch.put(Table::Bodies, key, std::string(5000, static_cast<char>('a' + i % 26)));
        ASSERT_TRUE(store.commit(kOne, std::move(batch)));
    }
    static int count(const Store& store) {
        int found = 0;
        EXPECT_TRUE(store.scan(kOne, Table::Records, {}, {}, [&](auto key, auto) {
            auto body = store.find(kOne, Table::Bodies, key);
            found += body && *body && (*body)->size() == 5000;
            return true;
        }));
        return found;
    }
    Result<BackupAdded> back_up(Store& store, const std::string& name) {
        auto snapshot = TRY(store.snapshot());
        TRY(open());
        auto added = folder_->add(snapshot.path, snapshot.store, name, ++now_, {});
        TRY(store.drop_snapshot(snapshot.path));
        return added;
    }

    const std::string root_;
    std::unique_ptr<Files> files_ = make_system_files();
    std::unique_ptr<BackupFolder> folder_;
    std::int64_t now_ = 1000;
    NullLog log_;
};

TEST_F(WholeStore, GoesInAndOut) {
    auto store = open_store("/store");
    for (int i = 0; i < 50; ++i) put(*store, i);
    auto snapshot = store->snapshot();
    ASSERT_TRUE(snapshot) << snapshot.error().said << " " << snapshot.error().detail;
    // What comes later is not in it.
    for (int i = 50; i < 80; ++i) put(*store, i);
    ASSERT_TRUE(open());
    auto first = folder_->add(snapshot->path, snapshot->store, "a", 1, {});
    ASSERT_TRUE(first) << first.error().said << " " << first.error().detail;
    ASSERT_TRUE(store->drop_snapshot(snapshot->path));
    EXPECT_FALSE(store->drop_snapshot(snapshot->path));

    auto second = back_up(*store, "b");
    ASSERT_TRUE(second) << second.error().said;
    EXPECT_LT(second->new_files, second->state.files.size());
    EXPECT_EQ(second->state.store, first->state.store);

    for (auto& [name, want] : std::map<std::string, int>{{"a", 50}, {"b", 80}}) {
        auto read = open_backup_store(*folder_, **folder_->find(name), log_);
        ASSERT_TRUE(read) << read.error().said << " " << read.error().detail;
        EXPECT_EQ(count(**read), want) << name;
        Batch batch;
        batch.put(Table::Records, "x", "y");
        EXPECT_EQ((*read)->commit(kOne, std::move(batch)).error().why, Why::Unsupported);

        const auto to = "/out-" + name;
        ASSERT_TRUE(restore_store_files(*folder_, **folder_->find(name), options(to), {}));
        auto out = open_store(to);
        EXPECT_EQ(count(*out), want) << name;
        put(*out, 100);
        // Its files go by the same names and are others.
        auto third = back_up(*out, "again-" + name);
        ASSERT_TRUE(third);
        EXPECT_NE(third->state.store, first->state.store);
        EXPECT_EQ(third->new_files, third->state.files.size());
    }
    ASSERT_TRUE(open());
    EXPECT_THAT(folder_->verify({})->damage, IsEmpty());
    EXPECT_EQ(count(*store), 80);
}

TEST_F(WholeStore, ADamagedStateDoesNotOpen) {
    auto store = open_store("/store");
    for (int i = 0; i < 50; ++i) put(*store, i);
    auto added = back_up(*store, "a");
    ASSERT_TRUE(added);
    for (auto& file : added->state.files) {
        if (!file.name.starts_with("MANIFEST")) continue;
        auto content = *files_->load(folder_->copy_path(file));
        content[40] ^= 1;
        ASSERT_TRUE(files_->replace(folder_->copy_path(file), content));
    }
    auto read = open_backup_store(*folder_, added->state, log_);
    ASSERT_FALSE(read);
    EXPECT_THAT(read.error().said, HasSubstr("--verify"));
}

TEST_F(WholeStore, SnapshotsThatWereLeftGo) {
    auto store = open_store("/store");
    put(*store, 1);
    auto left = store->snapshot(), held = store->snapshot();
    ASSERT_TRUE(left && held);
    EXPECT_FALSE(*files_->exists(left->path)) << "nobody held it when the next was made";
    auto lock = files_->lock(held->path + "/LOCK");
    ASSERT_TRUE(lock);
    auto next = store->snapshot();
    EXPECT_TRUE(*files_->exists(held->path));
    EXPECT_TRUE(*files_->exists(next->path));
    lock->reset();
    store = nullptr;
    store = open_store("/store");
    EXPECT_THAT(*files_->list(root_ + "/store/snapshots"), IsEmpty());
    EXPECT_EQ(count(*store), 1);
    for (auto name : {"/snapshots/..", "/db", "", "7"})
        EXPECT_FALSE(store->drop_snapshot(name)) << name;
}

}  // namespace
}  // namespace rook::store
