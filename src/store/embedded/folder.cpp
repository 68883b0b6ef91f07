#include "store/embedded/folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "store/embedded/log_scan.h"

namespace rook::store {
namespace {

constexpr std::string_view kFormatWord = "rookery-store ";

std::optional<int> parse_format(std::string_view text) {
    if (!text.starts_with(kFormatWord) || !text.ends_with('\n')) return {};
    text = text.substr(kFormatWord.size(), text.size() - kFormatWord.size() - 1);
    int format = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), format);
    if (error != std::errc{} || end != text.data() + text.size() || format < 1) return {};
    return format;
}

// The file is written before anything else, so that what has no format has nothing to lose.
Result<> check_format(Files& files, const std::string& path, Folder::IfAbsent if_absent) {
    auto file = path + "/format", db = path + "/db";
    auto text = files.load(file);
    if (text) {
        auto format = parse_format(*text);
        if (!format) {
            return fail(Why::Corrupt, "The store's format file is damaged", file);
        }
        if (*format > kStoreFormat) {
            return fail(Why::Unsupported,
                        fmt::format("A newer Rookery wrote this store (its format is {}, this "
                                    "program knows formats up to {})",
                                    *format, kStoreFormat));
        }
    } else if (text.error().why != Why::NotFound) {
        return std::unexpected(text.error());
    } else if (TRY(files.exists(db + "/CURRENT"))) {
        return fail(Why::Corrupt, "The store's format file is missing", file);
    } else if (if_absent == Folder::IfAbsent::Fail) {
        return fail(Why::NotFound, "There is no store in this folder", path);
    } else {
        TRY(files.replace(file, fmt::format("{}{}\n", kFormatWord, kStoreFormat)));
    }
    if (TRY(files.exists(db))) return {};
    TRY(files.make_dir(db));
    return files.sync_dir(path);
}

std::unexpected<Error> mail_missing(std::uint64_t have, std::uint64_t want, std::string_view how) {
    return fail(Why::Corrupt, "Mail may be missing from the store: run `rookery check --repair`",
                fmt::format("{}: the last change is {}, {} was on the disk", how, have, want));
}

}  // namespace

Result<std::unique_ptr<Folder>> Folder::open(const EmbeddedOptions& options, IfAbsent if_absent) {
    auto own_files = options.files ? nullptr : make_system_files();
    Files& files = options.files ? *options.files : *own_files;
    const auto& path = options.path;
    if (!TRY(files.exists(path))) {
        if (if_absent == IfAbsent::Fail) {
            return fail(Why::NotFound, "There is no store in this folder", path);
        }
        TRY(files.make_dir(path));
        TRY(files.sync_dir(parent_dir(path)));
    }
    auto lock = files.lock(path + "/LOCK");
    if (!lock) {
        if (lock.error().why != Why::Busy) return std::unexpected(lock.error());
        return fail(Why::Busy,
                    fmt::format("Another rookery is using this data folder ({})",
                                lock.error().detail.empty() ? "it does not say which"
                                                            : lock.error().detail),
                    path);
    }
    TRY(check_format(files, path, if_absent));
    auto horizon = TRY(Horizon::open(files, path + "/horizon"));
    return std::unique_ptr<Folder>(
        new Folder(options, std::move(own_files), files, *std::move(lock), std::move(horizon)));
}

EngineOptions Folder::engine_options(EngineOptions::Mode mode) const {
    return {.path = db_path(),
            .mode = mode,
            .cache_bytes = options_.cache_bytes,
            .write_buffer_bytes = options_.write_buffer_bytes,
            .files = options_.files};
}

Result<std::unique_ptr<Engine>> Folder::open_engine(std::function<void()> is_sick, Log& log) {
    auto scan = TRY(scan_logs(files_, db_path()));
    auto expected = std::max(scan.highest, horizon_.sequence());
    auto options = engine_options(EngineOptions::Mode::Serve);
    options.is_sick = std::move(is_sick);
    if (scan.is_broken) {
        // Opening for real would delete the logs, with what a repair can still read in them. A log
        // that ends in a torn record after a crash comes this way too, and passes.
        log.warning("store-log-broken",
                    {{"bytes", scan.bytes_lost}, {"highest", scan.highest}, {"logs", scan.files}});
        options.mode = EngineOptions::Mode::ReadOnly;
        auto engine = Engine::open(options, log);
        // A crash in the first moment leaves a folder that is not yet a database: nothing to lose.
        if (engine && (*engine)->sequence() < expected) {
            return mail_missing((*engine)->sequence(), expected, "the log is damaged");
        }
        if (!engine && expected > 0) return std::unexpected(engine.error());
        options.mode = EngineOptions::Mode::Serve;
    }
    auto engine = TRY(Engine::open(options, log));
    if (engine->sequence() < expected) {
        return mail_missing(engine->sequence(), expected, "the store ends too early");
    }
    return engine;
}

}  // namespace rook::store
