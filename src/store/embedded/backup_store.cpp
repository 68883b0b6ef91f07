#include "store/embedded/backup_store.h"

#include <fmt/format.h>

#include <map>

#include "store/embedded/engine.h"
#include "store/embedded/folder.h"

namespace rook::store {
namespace {

constexpr const char* kRoot = "backup";  // what RocksDB takes for its folder

// Shows a state's files as RocksDB's folder, under their own names. Nothing can be written.
class StateFiles final : public Files {
public:
    StateFiles(const BackupFolder& folder, const BackupState& state) : files_(folder.files()) {
        for (const auto& file : state.files)
            copies_[std::string(kRoot) + "/" + file.name] = folder.copy_path(file);
    }

    Result<std::unique_ptr<ReadFile>> open_read(const std::string& path) override {
        return files_.open_read(TRY(copy_of(path)));
    }
    Result<bool> exists(const std::string& path) override {
        return path == kRoot || copies_.contains(path);
    }
    Result<bool> is_dir(const std::string& path) override { return path == kRoot; }
    Result<std::uint64_t> size(const std::string& path) override {
        return files_.size(TRY(copy_of(path)));
    }
    Result<std::int64_t> modified(const std::string& path) override {
        return files_.modified(TRY(copy_of(path)));
    }
    Result<std::vector<std::string>> list(const std::string& dir) override {
        std::vector<std::string> names;
        if (dir != kRoot) return names;
        for (const auto& [path, copy] : copies_) names.push_back(path.substr(path.rfind('/') + 1));
        return names;
    }
    Result<std::uint64_t> free_space(const std::string&) override { return 0; }

    Result<std::unique_ptr<AppendFile>> open_append(const std::string&, Begin) override {
        return denied();
    }
    Result<> rename(const std::string&, const std::string&) override { return denied(); }
    Result<> remove(const std::string&) override { return denied(); }
    Result<> make_dir(const std::string& path) override {
        if (path == kRoot) return {};
        return denied();
    }
    Result<> remove_dir(const std::string&) override { return denied(); }
    Result<> sync_dir(const std::string&) override { return denied(); }
    Result<> reserve(const std::string&, std::uint64_t) override { return denied(); }
    Result<std::unique_ptr<FileLock>> lock(const std::string&) override { return denied(); }

private:
    static std::unexpected<Error> denied() { return fail(Why::Denied, "A backup is only read"); }
    Result<std::string> copy_of(const std::string& path) const {
        auto found = copies_.find(path);
        if (found == copies_.end()) return fail(Why::NotFound, "A file is missing", path);
        return found->second;
    }

    Files& files_;
    std::map<std::string, std::string> copies_;
};

class BackupStore final : public Store {
public:
    BackupStore(const BackupFolder& folder, const BackupState& state) : files_(folder, state) {}

    Result<> open(Log& log) {
        engine_ = TRY(Engine::open(
            {.path = kRoot, .mode = EngineOptions::Mode::ReadOnly, .files = &files_}, log));
        return {};
    }

    Result<bool> lend(AccountId account, Table table, std::string_view key,
                      const Take& take) const override {
        return engine_->lend(account, table, key, take);
    }
    Result<std::vector<std::optional<std::string>>> find_many(
        AccountId account, Table table, const std::vector<std::string>& keys) const override {
        return engine_->find_many(account, table, keys);
    }
    Result<> scan(AccountId account, Table table, std::string_view from, std::string_view to,
                  const Each& each) const override {
        return engine_->scan(account, table, from, to, each);
    }
    Result<std::vector<AccountId>> accounts() const override { return engine_->accounts(); }
    void submit(AccountId, Batch, Committed done) override {
        done(fail(Why::Unsupported, "A backup is only read"));
    }
    Space space() const override { return {}; }
    void close() override {}

private:
    StateFiles files_;
    std::unique_ptr<Engine> engine_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_backup_store(const BackupFolder& folder,
                                                 const BackupState& state, Log& log) {
    auto store = std::make_unique<BackupStore>(folder, state);
    if (auto opened = store->open(log); !opened) {
        auto error = opened.error();
        error.said = fmt::format(
            "The state {} of the backup cannot be opened: `rookery backup FOLDER --verify` says "
            "what is damaged",
            state.name);
        return std::unexpected(std::move(error));
    }
    return store;
}

Result<> restore_store_files(BackupFolder& folder, const BackupState& state,
                             const EmbeddedOptions& to, const BackupFolder::Told& told) {
    auto made = TRY(Folder::open(to, Folder::For::Serve));
    return folder.copy_out(state, made->db_path(), told);
}

}  // namespace rook::store
