#include "states/lying_files.h"

namespace rook::states {
namespace {

class LyingAppend final : public AppendFile {
public:
    explicit LyingAppend(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}
    Result<> append(std::string_view bytes) override { return file_->append(bytes); }
    Result<> sync() override { return {}; }
    Result<> truncate(std::uint64_t size) override { return file_->truncate(size); }
    std::uint64_t size() const override { return file_->size(); }
    Result<> close() override { return file_->close(); }

private:
    std::unique_ptr<AppendFile> file_;
};

class LyingFiles final : public Files {
public:
    LyingFiles(SimulatedFiles& files, FilesLie lie) : files_(files), lie_(lie) {}

    Result<std::unique_ptr<ReadFile>> open_read(const std::string& path) override {
        return files_.open_read(path);
    }
    Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, Begin begin) override {
        auto file = TRY(files_.open_append(path, begin));
        if (lie_ != FilesLie::SyncDoesNothing) return file;
        return std::make_unique<LyingAppend>(std::move(file));
    }
    Result<bool> exists(const std::string& path) override { return files_.exists(path); }
    Result<bool> is_dir(const std::string& path) override { return files_.is_dir(path); }
    Result<std::uint64_t> size(const std::string& path) override { return files_.size(path); }
    Result<std::int64_t> modified(const std::string& path) override {
        return files_.modified(path);
    }
    Result<std::vector<std::string>> list(const std::string& dir) override {
        return files_.list(dir);
    }
    Result<> rename(const std::string& from, const std::string& to) override {
        return files_.rename(from, to);
    }
    Result<> remove(const std::string& path) override { return files_.remove(path); }
    Result<> make_dir(const std::string& path) override { return files_.make_dir(path); }
    Result<> remove_dir(const std::string& path) override { return files_.remove_dir(path); }
    Result<> sync_dir(const std::string& path) override {
        if (lie_ == FilesLie::SyncDirDoesNothing) return {};
        return files_.sync_dir(path);
    }
    Result<> reserve(const std::string& path, std::uint64_t bytes) override {
        return files_.reserve(path, bytes);
    }
    Result<std::uint64_t> free_space(const std::string& path) override {
        return files_.free_space(path);
    }
    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
        return files_.lock(path);
    }

private:
    SimulatedFiles& files_;
    const FilesLie lie_;
};

}  // namespace

std::unique_ptr<Files> make_lying_files(SimulatedFiles& files, FilesLie lie) {
    return std::make_unique<LyingFiles>(files, lie);
}

}  // namespace rook::states
