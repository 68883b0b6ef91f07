// Files in memory that can lose power, run full and fail, repeatably by a seed. For tests.
//
// What was flushed is kept apart from what was not: file content by sync(), names by sync_dir().
// Threads: any; with several, which call is the k-th is chance.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/files.h"

namespace rook {

class SimulatedFiles final : public Files {
public:
    SimulatedFiles();
    ~SimulatedFiles() override;

    // Every call that changes something counts one. calls() of a good run says how far k can go.
    std::uint64_t calls() const;

    // The k-th changing call from now on (1 is the next) fails with `number` (EIO, ENOSPC...), and
    // so do the `times - 1` after it. A failed append may have written a part; after a failed sync
    // what it should have flushed may be lost even if the next one succeeds, as on Linux.
    void fail_call(std::uint64_t k, int number, std::uint64_t times = 1);
    // Power goes at the k-th changing call from now on. `seed` decides what of the unflushed
    // survives.
    void cut_power_at(std::uint64_t k, std::uint64_t seed);

    // Now. Of each file's unflushed bytes a part survives, perhaps torn or with holes; of each
    // folder's unflushed names the first few do. From here every call fails until power_on(); what
    // was open before stays dead for ever.
    void cut_power(std::uint64_t seed);
    bool has_power() const;
    void power_on();

    void set_capacity(std::uint64_t bytes);
    // Flips a bit of what is on the disk. False when the file is not that long.
    bool flip_bit(const std::string& path, std::uint64_t byte, int bit);
    // How many files were ever opened.
    std::uint64_t opened() const;

    Result<std::unique_ptr<ReadFile>> open_read(const std::string& path) override;
    Result<std::unique_ptr<AppendFile>> open_append(const std::string& path, Begin) override;
    Result<bool> exists(const std::string& path) override;
    Result<bool> is_dir(const std::string& path) override;
    Result<std::uint64_t> size(const std::string& path) override;
    Result<std::int64_t> modified(const std::string& path) override;
    Result<std::vector<std::string>> list(const std::string& dir) override;
    Result<> rename(const std::string& from, const std::string& to) override;
    Result<> remove(const std::string& path) override;
    Result<> make_dir(const std::string& path) override;
    Result<> remove_dir(const std::string& path) override;
    Result<> sync_dir(const std::string& path) override;
    Result<> reserve(const std::string& path, std::uint64_t bytes) override;
    Result<std::uint64_t> free_space(const std::string& path) override;
    Result<std::unique_ptr<FileLock>> lock(const std::string& path) override;

private:
    struct Node;
    struct State;
    class Reading;
    class Appending;
    class Lock;

    std::shared_ptr<State> state_;
};

}  // namespace rook
