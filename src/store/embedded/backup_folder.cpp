#include "store/embedded/backup_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "base/ascii.h"
#include "base/codec.h"

namespace rook::store {
namespace {

constexpr std::string_view kFormat = "rookery-backup 1\n";
constexpr std::size_t kPiece = 1 << 20, kEnd = 4096;

// An error of the files with what it was about, in words for the administrator.
std::unexpected<Error> about(Error error, std::string_view what) {
    error.said = fmt::format("{}: {}", what, error.said);
    return std::unexpected(std::move(error));
}

// Files that RocksDB writes once; the others are copied for each state.
bool never_changes(std::string_view name) {
    return name.ends_with(".sst") || name.ends_with(".blob");
}

// How far work on many bytes is.
struct Distance {
    const BackupFolder::Told& told;
    std::uint64_t done = 0, all = 0;
    void add(std::uint64_t bytes) {
        done += bytes;
        if (told) told(done, all);
    }
};

// Reads a file to its end; gives its size and sum.
Result<BackupFile> read_through(Files& files, const std::string& path, Distance& distance,
                                const std::function<Result<>(std::string_view)>& each) {
    auto file = TRY(files.open_read(path));
    BackupFile seen;
    for (;;) {
        const auto piece = TRY(file->read(seen.size, kPiece));
        if (piece.empty()) return seen;
        TRY(each(piece));
        seen.size += piece.size();
        seen.sum = crc32c(piece, seen.sum);
        distance.add(piece.size());
    }
}

// Durable, but for its name.
Result<BackupFile> copy_file(Files& files, const std::string& from, const std::string& to,
                             Distance& distance) {
    auto out = TRY(files.open_append(to, Files::Begin::Empty));
    auto seen = TRY(read_through(files, from, distance,
                                 [&](std::string_view piece) { return out->append(piece); }));
    TRY(out->sync());
    TRY(out->close());
    return seen;
}

// A store that was put back by other means, as with its whole disk, gives numbers out again under
// its old identity. The end of a table says which run of RocksDB wrote it; that of a body file is
// somebody's mail.
bool end_alike(Files& files, const std::string& one, const std::string& other, std::uint64_t size) {
    const auto from = size - std::min<std::uint64_t>(size, kEnd);
    auto end_of = [&](const std::string& path) -> Result<std::string> {
        return TRY(files.open_read(path))->read(from, kEnd + 1);
    };
    const auto a = end_of(one), b = end_of(other);
    return a && b && a->size() == size - from && *a == *b;
}

bool is_as_listed(const BackupFile& seen, const BackupFile& listed) {
    return seen.size == listed.size && seen.sum == listed.sum;
}

}  // namespace

Result<std::unique_ptr<BackupFolder>> BackupFolder::open(Files& files, std::string path,
                                                         For purpose) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    std::unique_ptr<BackupFolder> folder(new BackupFolder(files, std::move(path)));
    auto done = folder->make_or_check(purpose);
    if (done) done = folder->load_states();
    if (!done && !done.error().said.starts_with(folder->path_))
        return about(done.error(), folder->path_);
    TRY(std::move(done));
    return folder;
}

Result<> BackupFolder::make_or_check(For purpose) {
    const auto format_path = path_ + "/format";
    const bool is_there = TRY(files_.exists(path_));
    if (is_there && !TRY(files_.is_dir(path_))) return fail(Why::Cannot, "It is not a folder");
    auto format = is_there ? files_.load(format_path) : fail(Why::NotFound, "");
    if (!format && format.error().why != Why::NotFound) return std::unexpected(format.error());
    if (!format) {
        if (purpose == For::Read) return fail(Why::NotFound, "There are no backups here");
        if (!is_there) {
            auto made = files_.make_dir(path_);
            if (!made && made.error().why == Why::NotFound)
                return fail(Why::NotFound, "The folder that it would be in is not there");
            TRY(std::move(made));
            TRY(files_.sync_dir(parent_dir(path_)));
        }
        // What a backup that was cut off in its first moment left is no content.
        for (const auto& name : TRY(files_.list(path_))) {
            if (name != "LOCK" && name != "format.new") {
                return fail(Why::Cannot,
                            "It is neither empty nor a folder of backups: name another one");
            }
        }
    } else if (*format != kFormat) {
        if (!format->starts_with("rookery-backup "))
            return fail(Why::Corrupt, "Its file `format` is damaged");
        return fail(Why::Unsupported, "A newer Rookery wrote these backups");
    }
    auto lock = files_.lock(path_ + "/LOCK");
    if (lock) {
        lock_ = *std::move(lock);
    } else if (lock.error().why == Why::Busy) {
        return fail(Why::Busy, "Another backup or restore is using it", lock.error().detail);
    } else if (purpose == For::Add || lock.error().why != Why::Denied) {
        // What cannot be written can be looked at all the same.
        return std::unexpected(lock.error());
    }
    if (!format) TRY(files_.replace(format_path, kFormat));
    if (purpose == For::Read) return {};
    TRY(files_.make_dir(files_dir()));
    TRY(files_.make_dir(states_dir()));
    return files_.sync_dir(path_);
}

Result<> BackupFolder::load_states() {
    if (!TRY(files_.exists(states_dir()))) return {};
    for (auto& name : TRY(files_.list(states_dir()))) {
        // What replace() was writing when it was cut off.
        if (name.ends_with(".new")) continue;
        auto text = files_.load(states_dir() + "/" + name);
        auto state = text ? read_state(name, *text) : std::nullopt;
        if (state) {
            states_.push_back(std::move(*state));
        } else {
            damaged_.push_back(std::move(name));
        }
    }
    std::ranges::sort(damaged_);
    std::ranges::sort(states_, [](const auto& a, const auto& b) {
        return std::tie(a.made, a.name) < std::tie(b.made, b.name);
    });
    return {};
}

Result<const BackupState*> BackupFolder::find(std::string_view name) const {
    if (name.empty() && !states_.empty()) return &states_.back();
    for (const auto& state : states_) {
        if (state.name == name) return &state;
    }
    if (std::ranges::find(damaged_, name) != damaged_.end()) {
        return fail(
            Why::Corrupt,
            fmt::format("{}/states/{} is damaged: choose another state with --state", path_, name));
    }
    if (name.empty()) return fail(Why::NotFound, fmt::format("{} holds no backup", path_));
    return fail(Why::NotFound,
                fmt::format("{} has no state {}: `rookery backup {} --list` shows those it has",
                            path_, name, path_));
}

std::map<std::string, const BackupFile*> BackupFolder::unchanging(std::string_view store) const {
    std::map<std::string, const BackupFile*> all;
    for (const auto& state : states_) {
        if (state.store != store) continue;
        for (const auto& file : state.files) {
            if (never_changes(file.name)) all[file.name] = &file;
        }
    }
    return all;
}

Result<BackupAdded> BackupFolder::add(const std::string& snapshot, std::string_view store,
                                      const std::string& name, std::int64_t made,
                                      const Told& told) {
    if (!is_good_backup_name(name) || name.ends_with(".new")) {
        return fail(Why::BadSyntax,
                    "The name of a state is of letters, digits and - _ . in between");
    }
    if (TRY(files_.exists(states_dir() + "/" + name))) {
        return fail(Why::Exists, fmt::format("{} has a state {} already", path_, name));
    }
    BackupAdded added{{name, made, std::string(store), TRY(restores()), {}}};
    const auto known = unchanging(store);
    std::vector<BackupFile> to_copy;
    Distance distance{told};
    for (auto& file : TRY(files_.list(snapshot))) {
        if (file == "LOCK") continue;
        const auto size = TRY(files_.size(snapshot + "/" + file));
        const auto same = known.find(file);
        // A copy that was lost or cut is made again.
        if (same != known.end() && same->second->size == size &&
            end_alike(files_, snapshot + "/" + file, copy_path(*same->second), size)) {
            added.state.files.push_back(*same->second);
        } else {
            distance.all += size;
            to_copy.push_back({std::move(file), size, 0});
        }
    }
    const auto incoming = files_dir() + "/incoming";
    for (auto& file : to_copy) {
        const auto seen = TRY(copy_file(files_, snapshot + "/" + file.name, incoming, distance));
        file.size = seen.size;
        file.sum = seen.sum;
        TRY(files_.rename(incoming, copy_path(file)));
        added.new_bytes += file.size;
        ++added.new_files;
        added.state.files.push_back(std::move(file));
    }
    TRY(files_.sync_dir(files_dir()));
    std::ranges::sort(added.state.files, {}, &BackupFile::name);
    TRY(files_.replace(states_dir() + "/" + name, write_state(added.state)));
    states_.push_back(added.state);
    return added;
}

Result<BackupVerified> BackupFolder::verify(const Told& told) {
    BackupVerified report;
    report.states = states_.size();
    std::map<std::string, std::pair<BackupFile, std::vector<std::string>>> all;
    Distance distance{told};
    for (const auto& name : damaged_)
        report.damage.push_back({"states/" + name, "the list of its files is damaged", {name}});
    for (const auto& state : states_) {
        for (const auto& file : state.files) {
            auto [found, is_new] = all.try_emplace(file.copy(), file, std::vector<std::string>());
            found->second.second.push_back(state.name);
            if (is_new) distance.all += file.size;
        }
    }
    for (const auto& [copy, needed] : all) {
        const auto& [file, states] = needed;
        const auto seen = read_through(files_, copy_path(file), distance,
                                       [](std::string_view) { return Result<>(); });
        ++report.files;
        if (!seen) {
            const bool is_gone = seen.error().why == Why::NotFound;
            report.damage.push_back(
                {"files/" + copy, is_gone ? "it is missing" : seen.error().detail, states});
        } else if (!is_as_listed(*seen, file)) {
            report.damage.push_back(
                {"files/" + copy,
                 seen->size == file.size ? "its bytes have changed" : "its size has changed",
                 states});
        }
        report.bytes += file.size;
    }
    return report;
}

Result<std::uint64_t> BackupFolder::keep(std::size_t count) {
    if (!damaged_.empty()) {
        return fail(Why::Cannot,
                    fmt::format("Nothing is removed while {}/states/{} is damaged: which files it "
                                "needs is not known. Remove it if it is not wanted",
                                path_, damaged_.front()));
    }
    const auto gone = states_.size() - std::min(states_.size(), std::max<std::size_t>(count, 1));
    for (std::size_t i = 0; i < gone; ++i) TRY(files_.remove(states_dir() + "/" + states_[i].name));
    // Before their files go: a state is never without.
    TRY(files_.sync_dir(states_dir()));
    states_.erase(states_.begin(), states_.begin() + static_cast<std::ptrdiff_t>(gone));
    TRY(remove_unused());
    return gone;
}

Result<> BackupFolder::remove_unused() {
    std::set<std::string> used;
    for (const auto& state : states_) {
        for (const auto& file : state.files) used.insert(file.copy());
    }
    for (const auto& name : TRY(files_.list(files_dir()))) {
        if (!used.contains(name)) TRY(files_.remove(files_dir() + "/" + name));
    }
    return files_.sync_dir(files_dir());
}

Result<> BackupFolder::copy_out(const BackupState& state, const std::string& to, const Told& told) {
    Distance distance{told, 0, state.bytes()};
    for (const auto& file : state.files) {
        const auto seen = copy_file(files_, copy_path(file), to + "/" + file.name, distance);
        if (!seen && seen.error().why == Why::NoSpace) return std::unexpected(seen.error());
        if (!seen || !is_as_listed(*seen, file)) {
            return fail(Why::Corrupt,
                        fmt::format("{} is damaged or missing: `rookery backup {} --verify` says "
                                    "which states are whole",
                                    copy_path(file), path_),
                        seen ? "" : seen.error().detail);
        }
    }
    return files_.sync_dir(to);
}

// The number of the last; at least what the states say: the counter can be lost.
Result<std::uint64_t> BackupFolder::restores() const {
    std::uint64_t least = 0;
    for (const auto& state : states_) least = std::max(least, state.restores);
    auto text = files_.load(restores_path());
    if (!text && text.error().why == Why::NotFound) return least;
    if (!text) return about(text.error(), restores_path());
    if (auto count = parse_number<std::uint32_t>(trim(*text))) {
        return std::max<std::uint64_t>(least, *count);
    }
    return fail(Why::Corrupt,
                fmt::format("{} is damaged: write into it how often these backups have been "
                            "restored, or a higher number",
                            restores_path()));
}

Result<std::uint64_t> BackupFolder::count_restore(std::uint64_t last) {
    const auto count = std::max(TRY(restores()), last) + 1;
    if (auto done = files_.replace(restores_path(), fmt::format("{}\n", count)); !done) {
        return about(done.error(),
                     fmt::format("Restores are counted in {}, so that no two give out the same "
                                 "numbers",
                                 restores_path()));
    }
    return count;
}

}  // namespace rook::store
