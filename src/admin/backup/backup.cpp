// backup: copies what is new of the store into a folder, lists and verifies what is there. The
// server only makes a snapshot; the copying runs at the caller's end.
#include <fmt/chrono.h>
#include <sysexits.h>

#include <chrono>
#include <ctime>
#include <filesystem>

#include "admin/backup/open.h"
#include "admin/callers.h"
#include "admin/verb.h"
#include "admin/verbs/common.h"

namespace rook::admin {
namespace {

using store::BackupFolder;

constexpr Argument kFolder[] = {{"folder", "where the backups are, on another disk"}};
constexpr Option kOptions[] = {
    {"state", "a name for this backup; the time of day when left out"},
    {"keep", "afterwards remove all but so many of the newest", Option::Kind::Number},
    {"list", "show the backups that are there instead", Option::Kind::Flag},
    {"verify", "read all that is there instead, and compare the checksums", Option::Kind::Flag},
};
constexpr std::string_view kColumns[] = {"state", "made", "size:bytes", "files", "damaged"};

Json listed(const BackupFolder& folder) {
    auto out = Json::array();
    for (auto& state : folder.states()) {
        out.push(Json::object({{"state", state.name},
                               {"made", time_text(state.made)},
                               {"bytes", state.bytes()},
                               {"files", state.files.size()},
                               {"damaged", false}}));
    }
    for (auto& name : folder.damaged())
        out.push(Json::object({{"state", name}, {"damaged", true}}));
    return out;
}

Json described(const store::BackupVerified& report) {
    auto damage = Json::array();
    for (auto& one : report.damage) {
        auto states = Json::array();
        for (auto& name : one.states) states.push(name);
        damage.push(
            Json::object({{"file", one.file}, {"what", one.what}, {"states", std::move(states)}}));
    }
    return Json::object({{"states", report.states},
                         {"files", report.files},
                         {"bytes", report.bytes},
                         {"damage", std::move(damage)}});
}

// Nullopt when the words ask for a backup to be made.
Result<std::optional<Json>> look(const Args& args, const Progress& progress) {
    if (!args.flag("list") && !args.flag("verify")) return std::nullopt;
    if (args.flag("list") && args.flag("verify"))
        return fail(Why::BadSyntax, "Say one of --list and --verify");
    auto backup = TRY(BackupFiles::open(args, BackupFolder::For::Read));
    if (args.flag("list")) return listed(*backup->folder);
    return described(TRY(backup->folder->verify(progress)));
}

// The backup of a folder into itself grows for ever, and is gone with it.
Result<> check_place(const std::string& folder, const std::string& data) {
    std::error_code error;
    const auto inner = std::filesystem::weakly_canonical(folder, error);
    const auto outer = std::filesystem::weakly_canonical(data, error);
    const auto [end, at] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
    if (end != outer.end()) return {};
    return fail(
        Why::Cannot,
        fmt::format("{} is in the data folder {}: name a folder on another disk", folder, data));
}

std::string new_name(const BackupFolder& folder, std::int64_t now) {
    const auto time = fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(static_cast<std::time_t>(now)));
    auto name = time;
    for (int n = 2; folder.find(name) || folder.find(name).error().why == Why::Corrupt; ++n)
        name = fmt::format("{}-{}", time, n);
    return name;
}

// Dropped when the copying has ended, well or not.
class Snapshot {
public:
    static Result<std::unique_ptr<Snapshot>> make(Caller& caller, Files& files) {
        auto answer = TRY(caller.call("snapshot", Json::object({})));
        auto member = [&](std::string_view name) {
            auto* found = answer.find(name);
            return found && found->as_text() ? *found->as_text() : std::string();
        };
        std::unique_ptr<Snapshot> made(new Snapshot(caller, member("path"), member("store")));
        // The server keeps what is locked, whatever else it tidies.
        auto lock = files.lock(made->path + "/LOCK");
        if (!lock && lock.error().why == Why::NotFound)
            return fail(Why::Busy, "Another backup began at the same moment: try again");
        made->lock_ = TRY(std::move(lock));
        return made;
    }
    ~Snapshot() {
        lock_.reset();
        // What stays goes with the next snapshot.
        (void)caller_.call("drop-snapshot", Json::object({{"path", path}}));
    }

    // Now and then while it is copied: the server ends a connection that is silent for long.
    void keep_in_touch() {
        const auto now = std::chrono::steady_clock::now();
        if (now - last_call_ < kSilence) return;
        last_call_ = now;
        (void)caller_.call("status", Json::object({}));
    }

    const std::string path, store;

private:
    static constexpr auto kSilence = std::chrono::minutes(1);

    Snapshot(Caller& caller, std::string at, std::string of)
        : path(std::move(at)), store(std::move(of)), caller_(caller) {}

    Caller& caller_;
    std::unique_ptr<FileLock> lock_;
    std::chrono::steady_clock::time_point last_call_ = std::chrono::steady_clock::now();
};

Result<Json> make(const Args& args, Caller& caller) {
    const auto status = TRY(caller.call("status", Json::object({})));
    if (auto* data = status.find("data"); data && data->as_text())
        TRY(check_place(args.text("folder"), *data->as_text()));
    auto backup = TRY(BackupFiles::open(args, BackupFolder::For::Add));
    auto& folder = *backup->folder;
    const auto now = SystemClock().seconds();
    auto name = args.has("state") ? args.text("state") : new_name(folder, now);
    store::BackupAdded added;
    {
        auto snapshot = TRY(Snapshot::make(caller, *backup->files));
        auto told = [&](std::uint64_t done, std::uint64_t all) {
            caller.progress(done, all);
            snapshot->keep_in_touch();
        };
        added = TRY(folder.add(snapshot->path, snapshot->store, name, now, told));
    }
    auto answer = Json::object({{"state", name},
                                {"files", added.state.files.size()},
                                {"bytes", added.state.bytes()},
                                {"copied_files", added.new_files},
                                {"copied_bytes", added.new_bytes}});
    if (auto keep = args.number("keep"))
        answer.set("removed", TRY(folder.keep(static_cast<std::size_t>(*keep))));
    return answer;
}

Result<Json> run(const Args& args, Caller& caller) {
    auto progress = [&](std::uint64_t done, std::uint64_t all) { caller.progress(done, all); };
    if (auto answer = TRY(look(args, progress))) return *answer;
    return make(args, caller);
}

// What only looks needs no store, which may be damaged or gone.
Result<Json> alone(const Program& program, const std::string& config, const Args& args,
                   const Progress& progress) {
    if (auto answer = TRY(look(args, progress))) return *answer;
    return make(args, *local_caller(TRY(program.open(config)), progress));
}

int exit_code(const Json& answer) {
    auto* damage = answer.find("damage");
    return damage && !damage->as_array()->empty() ? EX_DATAERR : EX_OK;
}

}  // namespace

extern const Verb backup_verb{.name = "backup",
                              .help = "Back up the store into a folder, while it is used",
                              .arguments = kFolder,
                              .options = kOptions,
                              .on_client = run,
                              .alone = alone,
                              .columns = kColumns,
                              .exit_code = exit_code};

}  // namespace rook::admin
