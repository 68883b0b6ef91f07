#include "store/embedded/folder.h"

#include <fmt/format.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/codec.h"
#include "store/embedded/blob_files.h"
#include "store/embedded/log_format.h"
#include "store/embedded/table_origin.h"

namespace rook::store {
namespace {

constexpr std::string_view kFormatWord = "rookery-store ";

// From 2 on the number stands there twice: a turned bit makes no newer format of an old one.
std::optional<int> parse_format(std::string_view text) {
    if (!text.starts_with(kFormatWord) || !text.ends_with('\n')) return {};
    text = text.substr(kFormatWord.size(), text.size() - kFormatWord.size() - 1);
    int format = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), format);
    if (error != std::errc{} || format < 1) return {};
    const std::string_view rest(end, text.data() + text.size());
    if (rest != (format == 1 ? "" : fmt::format(" {}", format))) return {};
    return format;
}

std::unexpected<Error> mail_missing(std::uint64_t have, std::uint64_t want, std::string_view how) {
    return fail(Why::Corrupt, "Mail may be missing from the store: run `rookery check --repair`",
                fmt::format("{}: the last change is {}, {} was on the disk", how, have, want));
}

// The highest sequence number that the manifest tells of, in the fields that begin an edit.
std::uint64_t last_sequence(std::string_view manifest) {
    constexpr std::uint64_t kComparator = 1, kLogNumber = 2, kNextFile = 3, kLastSequence = 4,
                            kPreviousLog = 9, kLeastLog = 10, kMostFamilies = 203;
    std::uint64_t last = 0;
    for (const auto& edit : log_format::read_records(manifest)) {
        for (Reader in(edit); !in.at_end() && !in.failed();) {
            const auto tag = in.varint();
            if (tag == kComparator) {
                (void)in.text();
            } else if (tag == kLastSequence) {
                last = std::max(last, in.varint());
            } else if (tag == kLogNumber || tag == kNextFile || tag == kPreviousLog ||
                       tag == kLeastLog || tag == kMostFamilies) {
                (void)in.varint();
            } else {
                break;
            }
        }
    }
    return last;
}

std::unexpected<Error> does_not_open(Error error) {
    if (error.why == Why::Corrupt) {
        error.said = "The store is damaged: run `rookery check --repair`";
    }
    return std::unexpected(std::move(error));
}

}  // namespace

Folder::Folder(EmbeddedOptions options, For purpose)
    : options_(std::move(options)),
      purpose_(purpose),
      own_files_(options_.files ? nullptr : make_system_files()),
      files_(options_.files ? *options_.files : *own_files_),
      horizon_(files_, path("horizon")) {}

Result<std::unique_ptr<Folder>> Folder::open(const EmbeddedOptions& options, For purpose) {
    std::unique_ptr<Folder> folder(new Folder(options, purpose));
    TRY(folder->lock());
    TRY(folder->check_format());
    TRY(folder->open_horizon());
    return folder;
}

Result<> Folder::lock() {
    if (!TRY(files_.exists(options_.path))) {
        if (purpose_ != For::Serve) {
            return fail(Why::NotFound, "There is no store in this folder", options_.path);
        }
        TRY(files_.make_dir(options_.path));
    }
    auto lock = files_.lock(path("LOCK"));
    if (lock) {
        lock_ = *std::move(lock);
        return {};
    }
    if (lock.error().why != Why::Busy) return std::unexpected(lock.error());
    const auto& holder = lock.error().detail;
    return fail(Why::Busy,
                fmt::format("Another rookery is using this data folder{}",
                            holder.empty() ? "" : " (" + holder + ")"),
                options_.path);
}

// The format file is written before anything else, so that a folder without it has nothing to lose.
Result<> Folder::check_format() {
    auto text = files_.load(path("format"));
    if (!text && text.error().why != Why::NotFound) return std::unexpected(text.error());
    auto format = text ? parse_format(*text) : std::nullopt;
    if (format && *format > kStoreFormat) {
        return fail(Why::Unsupported,
                    fmt::format("A newer Rookery wrote this store (its format is {}, this program "
                                "knows formats up to {})",
                                *format, kStoreFormat));
    }
    if (!format) {
        bool is_store = text || TRY(files_.exists(db_path() + "/CURRENT"));
        if (is_store && purpose_ != For::Repair) {
            return fail(Why::Corrupt,
                        "The store's format file is damaged or missing: run "
                        "`rookery check --repair`");
        }
        if (!is_store && purpose_ != For::Serve) {
            return fail(Why::NotFound, "There is no store in this folder", options_.path);
        }
        if (is_store) notes_.push_back("The format file was damaged or missing: written anew");
        TRY(files_.replace(path("format"), fmt::format("{}{}\n", kFormatWord, kStoreFormat)));
    }
    if (TRY(files_.exists(db_path())) && purpose_ != For::Serve) return {};
    TRY(files_.make_dir(db_path()));
    // Also where they are there: an earlier run may have been killed before it did this.
    TRY(files_.sync_dir(parent_dir(options_.path)));
    return files_.sync_dir(options_.path);
}

Result<> Folder::open_horizon() {
    auto loaded = horizon_.load();
    if (loaded || loaded.error().why != Why::Corrupt || purpose_ != For::Repair) return loaded;
    notes_.push_back(
        "The horizon file was damaged: whether the last changes are there is not known");
    return {};
}

EngineOptions Folder::engine_options(EngineOptions::Mode mode) const {
    return {.path = db_path(),
            .mode = mode,
            .cache_bytes = options_.cache_bytes,
            .write_buffer_bytes = options_.write_buffer_bytes,
            .files = options_.files};
}

Result<bool> Folder::is_headless() {
    if (TRY(files_.exists(db_path() + "/CURRENT"))) return false;
    for (auto suffix : {".sst", ".blob", ".log"}) {
        if (!TRY(list_numbered(files_, db_path(), suffix)).empty()) return true;
    }
    return false;
}

// Empty when CURRENT names none that is there.
Result<std::string> Folder::manifest_path() {
    auto current = files_.load(db_path() + "/CURRENT");
    if (!current && current.error().why == Why::NotFound) return "";
    if (!current) return std::unexpected(current.error());
    if (current->ends_with('\n')) current->pop_back();
    const auto path = db_path() + "/" + *current;
    return !current->empty() && TRY(files_.exists(path)) ? path : "";
}

Result<bool> Folder::is_manifest_whole() {
    const auto path = TRY(manifest_path());
    return path.empty() || !log_format::torn_end(TRY(files_.load(path)));
}

Result<bool> Folder::is_short(const LogScan& scan) {
    const auto path = TRY(manifest_path());
    const auto last = path.empty() ? 0 : last_sequence(TRY(files_.load(path)));
    return std::max(last, scan.highest) < horizon_.sequence();
}

// Tables behind all that the edits name are unfinished, or made of other tables, or of a log that
// is still there; or an edit is lost.
Result<bool> Folder::is_known(Engine& engine, const LogScan& scan, Log& log) {
    std::vector<rocksdb::LiveFileMetaData> live;
    engine.raw().GetLiveFilesMetaData(&live);
    std::uint64_t last = 0;
    for (const auto& file : live) last = std::max(last, file.file_number);
    for (const auto& [number, name] : TRY(list_numbered(files_, db_path(), ".sst"))) {
        if (number <= last || (scan.first_log != 0 && scan.first_log < number)) continue;
        EngineSetup setup(engine_options(EngineOptions::Mode::ReadOnly), log);
        rocksdb::Options options(*setup.db, setup.families[0].options);
        if (table_level(options, db_path() + "/" + name) == 0) return false;
    }
    return true;
}

// A power cut can leave pieces of edits at the manifest's end, which were not flushed and so
// changed nothing. RocksDB refuses to open for some; for others (a length that points behind the
// end) it opens without what follows, and deletes the tables that it then does not know. So they
// are cut off here, when everything is there without them: what the logs have goes on where the
// manifest ends, and it opens as far as it must. Otherwise they are damage, and stay for a repair.
// It is a copy that is cut and judged: killed at any moment, the next start judges again.
Result<> Folder::cut_manifest(const LogScan& scan, std::uint64_t expected, Log& log) {
    const auto path = TRY(manifest_path());
    const auto manifest = path.empty() ? "" : TRY(files_.load(path));
    const auto end = log_format::torn_end(manifest);
    if (!end) return {};
    const auto whole = manifest.substr(0, *end);
    if (const auto last = last_sequence(whole); scan.lowest > last + 1) {
        return mail_missing(last, scan.lowest - 1, "the manifest is damaged");
    }
    log.warning("store-manifest-torn", {{"bytes", manifest.size() - *end}});
    // Cut off while it was made, the database has not all its families yet, and cannot be judged.
    if (expected == 0 && TRY(list_numbered(files_, db_path(), ".sst")).empty()) {
        return files_.replace(path, whole);
    }
    const auto copy = this->path("manifest-cut");
    TRY(files_.replace(copy, whole));
    auto options = engine_options(EngineOptions::Mode::ReadOnly);
    options.instead = {path, copy};
    auto engine = Engine::open(options, log);
    const bool is_long_enough = engine && (*engine)->sequence() >= expected;
    const bool is_good = is_long_enough && TRY(is_known(**engine, scan, log));
    TRY(files_.remove(copy));
    if (is_good) return files_.replace(path, whole);
    if (!engine) return does_not_open(engine.error());
    return mail_missing((*engine)->sequence(), expected, "the manifest is damaged");
}

Result<std::unique_ptr<Engine>> Folder::open_engine(EngineOptions options, Log& log) {
    auto scan = TRY(scan_logs(files_, db_path()));
    auto expected = std::max(scan.highest, horizon_.sequence());
    if (TRY(is_rebuilding())) return mail_missing(0, expected, "a repair was interrupted");
    if (TRY(is_headless())) return mail_missing(0, expected, "RocksDB's CURRENT is missing");
    options.may_create = expected == 0;
    TRY(cut_manifest(scan, expected, log));
    const bool ends_early = TRY(is_short(scan));
    if (scan.is_broken) {
        log.warning("store-log-broken",
                    {{"bytes", scan.bytes_lost}, {"highest", scan.highest}, {"logs", scan.files}});
    }
    if (scan.is_broken || ends_early) {
        // Opening for real would delete the logs, with what a repair can still read in them, and
        // the tables that a lost edit named. A log that ends in a torn record after a crash comes
        // this way too, and passes.
        options.mode = EngineOptions::Mode::ReadOnly;
        auto engine = Engine::open(options, log);
        if (engine && (*engine)->sequence() < expected) {
            return mail_missing((*engine)->sequence(), expected,
                                scan.is_broken ? "the log is damaged" : "the store ends too early");
        }
        if (!engine) {
            // A failing disk can leave a log with a torn end and yet the tables of one family made
            // from what stands in front of it: RocksDB takes the end for damage, and refuses.
            // There is no whole record in it that a repair could read.
            if (engine.error().why != Why::Corrupt || !scan.torn_end) {
                return does_not_open(engine.error());
            }
            TRY(cut(files_, *scan.torn_end));
        }
        options.mode = EngineOptions::Mode::Serve;
    }
    auto engine = Engine::open(options, log);
    if (!engine) return does_not_open(engine.error());
    if ((*engine)->sequence() < expected) {
        return mail_missing((*engine)->sequence(), expected, "the store ends too early");
    }
    return engine;
}

}  // namespace rook::store
