// restore: out of a folder of backups, everything, one account or one message. The backup is read
// at the caller's end; the server gets records, or a message, and never opens a file of it.
#include <fmt/format.h>
#include <sysexits.h>

#include <algorithm>
#include <filesystem>

#include "admin/backup/open.h"
#include "admin/callers.h"
#include "admin/verb.h"
#include "base/ascii.h"
#include "base/base64.h"
#include "base/codec.h"
#include "directory/records.h"
#include "mailbox/body.h"
#include "mailbox/keys.h"
#include "mailbox/records.h"
#include "mailbox/restore.h"
#include "mailbox/stored_messages.h"

namespace rook::admin {
namespace {

using store::BackupFolder;
using store::Table;

constexpr Argument kFolder[] = {{"folder", "where the backups are"}};
constexpr Option kOptions[] = {
    {"state", "the backup to take; the newest when left out"},
    {"account", "only this account, as it was"},
    {"as", "under another address, beside the one that is there"},
    {"replace", "in the place of the account that is there, whose mail of today is erased",
     Option::Kind::Flag},
    {"message",
     "only this message of the account: a Message-ID, an EMAILID or, with --mailbox, a "
     "UID"},
    {"mailbox", "the mailbox in which the message was"},
};

constexpr std::size_t kPiece = 256 * 1024;

// --- everything ---

std::string restoring_path(const store::EmbeddedOptions& options) {
    return options.path + ".restoring";
}

// What an interrupted restore left is of no use.
Result<> clear_left(Files& files, const std::string& path) {
    if (!TRY(files.exists(path))) return {};
    {
        auto lock = files.lock(path + "/LOCK");
        if (!lock && lock.error().why == Why::Busy)
            return fail(Why::Busy, "Another restore is under way");
    }
    std::error_code error;
    std::filesystem::remove_all(path, error);
    if (error) return fail(Why::Io, fmt::format("{} cannot be removed", path), error.message());
    return {};
}

Result<> move_all_numbers(const store::EmbeddedOptions& options, BackupFolder& folder,
                          const Progress& told, Log& log) {
    SystemClock clock;
    auto store = TRY(store::open_embedded_store(options, log));
    auto directory = TRY(directory::Directory::open(*store, clock, {}));
    const auto last = TRY(mailbox::last_restore(*store, *directory));
    const auto restore = TRY(folder.count_restore(last));
    auto done = mailbox::move_numbers(*store, *directory, restore, told);
    store->close();
    return done;
}

Result<Json> restore_files(const Args& args, const store::EmbeddedOptions& options, Log& log,
                           const Progress& progress) {
    auto files = make_system_files();
    if (TRY(files->exists(options.path))) {
        return fail(Why::Exists, fmt::format("There is a store in {} already: move it away first, "
                                             "or restore single accounts with --account",
                                             options.path));
    }
    auto backup = TRY(BackupFiles::open(args, BackupFolder::For::Read));
    auto& folder = *backup->folder;
    const auto& state = *TRY(folder.find(args.text("state")));
    TRY(files->make_dir(parent_dir(options.path)));
    // Under another name until it is whole.
    auto to = options;
    to.path = restoring_path(options);
    TRY(clear_left(*files, to.path));
    const auto bytes = state.bytes(), all = bytes + bytes / 10;
    TRY(store::restore_store_files(folder, state, to, [&](std::uint64_t done, std::uint64_t) {
        if (progress) progress(done, all);
    }));
    auto told = [&](std::uint64_t done, std::uint64_t of) {
        if (progress) progress(bytes + (all - bytes) * done / of, all);
    };
    TRY(move_all_numbers(to, folder, told, log));
    TRY(files->rename(to.path, options.path));
    TRY(files->sync_dir(parent_dir(options.path)));
    return Json::object({{"state", state.name}, {"files", state.files.size()}, {"bytes", bytes}});
}

// --- one account ---

// An account's records in the order in which Restoring takes them, piece by piece.
class Records {
public:
    Records(const store::Store& store, AccountId id, Progress progress)
        : store_(store), id_(id), progress_(std::move(progress)) {}

    // A guess at how much it will be, for the bar.
    void guess() {
        const auto key = mailbox::keys::account();
        auto value = store_.find(id_, Table::Records, key);
        if (!value || !*value) return;
        auto payload = unseal(key, **value, mailbox::kValueVersion);
        if (!payload) return;
        if (auto record = mailbox::decode_account(payload->payload))
            all_ = record->bytes + record->messages * 4096;
    }

    Result<std::optional<std::string>> next() {
        std::string piece;
        while (piece.empty()) {
            if (table_ == std::size(kTables)) return std::nullopt;
            auto from = std::move(from_);
            from_.clear();
            TRY(store_.scan(id_, kTables[table_], from, {}, [&](auto key, auto value) {
                if (piece.size() >= kPiece) {
                    from_ = key;
                    return false;
                }
                append_row(piece, kTables[table_], key, value);
                return true;
            }));
            if (from_.empty()) ++table_;
        }
        done_ += piece.size();
        progress_(std::min(done_, all_), all_);
        return piece;
    }

private:
    static constexpr Table kTables[] = {Table::Records, Table::Summaries, Table::Bodies,
                                        Table::Signatures};
    const store::Store& store_;
    const AccountId id_;
    const Progress progress_;
    std::size_t table_ = 0;
    std::string from_;
    std::uint64_t done_ = 0, all_ = 0;
};

Result<Json> restore_account(const Args& args, Caller& caller) {
    auto open = TRY(OpenState::open(args));
    auto account = *open->account;
    if (args.has("as")) {
        account.address = TRY(directory::canonical_address(args.text("as")));
        // Yesterday's passwords of somebody open no second door.
        account.password.clear();
        account.scram = {};
        account.app_passwords.clear();
    }
    const auto last = TRY(mailbox::last_restore(*open->store, account.id));
    const auto restore = TRY(open->backup->folder->count_restore(last));
    auto words = Json::object({{"address", account.address},
                               {"record", base64_encode(directory::account_value(account))},
                               {"number", account.id.v},
                               {"restore", restore}});
    if (args.flag("replace")) words.set("replace", true);
    Records records(*open->store, account.id,
                    [&](auto done, auto all) { caller.progress(done, all); });
    records.guess();
    auto answer = caller.call("account restore", words, [&] { return records.next(); });
    if (!answer && answer.error().why == Why::Exists) {
        return fail(Why::Exists,
                    fmt::format("There is an account {} already: --replace puts the backup in its "
                                "place, --as ADDRESS beside it",
                                account.address));
    }
    return answer;
}

// --- one message ---

Result<mailbox::MessageWish> read_wish(const Args& args) {
    mailbox::MessageWish wish;
    if (args.has("mailbox")) wish.mailbox = args.text("mailbox");
    const auto given = args.text("message");
    auto text = trim(given);
    static constexpr auto bad = "Say a Message-ID, an EMAILID or, with --mailbox, a UID";
    if (text.empty()) return fail(Why::BadSyntax, bad);
    if (auto uid = parse_number<std::uint32_t>(text)) {
        if (!wish.mailbox) return fail(Why::BadSyntax, bad);
        wish.uid = Uid{*uid};
    } else if (auto id = parse_object_id('E', text)) {
        wish.email = EmailId{id->first, id->second};
    } else {
        if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
        wish.message_id = text;
    }
    return wish;
}

Json flags_of(const mailbox::StoredMessage& message) {
    constexpr std::pair<mailbox::Flags, std::string_view> kSystem[] = {
        {mailbox::kSeen, "\\Seen"},       {mailbox::kAnswered, "\\Answered"},
        {mailbox::kFlagged, "\\Flagged"}, {mailbox::kDeleted, "\\Deleted"},
        {mailbox::kDraft, "\\Draft"},
    };
    auto flags = Json::array();
    for (auto& [bit, name] : kSystem) {
        if (message.entry.flags & bit) flags.push(name);
    }
    for (auto& keyword : message.keywords) flags.push(keyword);
    return flags;
}

// As a message that comes now, but for what it is: a new UID, its flags and its date.
Result<Json> put_back(const OpenState& open, const mailbox::StoredMessage& message,
                      const std::string& address, Caller& caller) {
    auto body = TRY(mailbox::open_body(*open.store, open.account->id, message.entry.email));
    if (message.mailbox != "INBOX") {
        auto made = caller.call(
            "mailbox create",
            Json::object({{"address", address}, {"name", Json::Array{Json(message.mailbox)}}}));
        if (!made && made.error().why != Why::Exists)
            return std::unexpected(std::move(made).error());
    }
    auto words = Json::object({{"address", address},
                               {"mailbox", message.mailbox},
                               {"flags", flags_of(message)},
                               {"as-is", true}});
    if (message.entry.received >= 0) words.set("received", message.entry.received);
    std::uint64_t at = 0;
    auto answer =
        TRY(caller.call("mailbox append", words, [&]() -> Result<std::optional<std::string>> {
            if (at == body->size()) return std::nullopt;
            auto piece = TRY(body->read(at, std::min<std::uint64_t>(kPiece, body->size() - at)));
            at += piece.size();
            return piece;
        }));
    answer.set("mailbox", message.mailbox);
    return answer;
}

Result<Json> restore_message(const Args& args, Caller& caller) {
    const auto wish = TRY(read_wish(args));
    auto open = TRY(OpenState::open(args));
    const auto found = TRY(mailbox::find_messages(*open->store, open->account->id, wish));
    if (found.empty()) {
        return fail(Why::NotFound,
                    fmt::format("There is no such message in the state {}", open->state->name));
    }
    auto out = Json::array();
    const auto address = args.has("as") ? args.text("as") : args.text("account");
    for (auto& message : found) {
        out.push(TRY(put_back(*open, message, address, caller)));
        caller.progress(out.as_array()->size(), found.size());
    }
    return out;
}

// --- the verb ---

Result<> check_words(const Args& args) {
    for (auto name : {"as", "replace", "message", "mailbox"}) {
        if (args.has(name) && !args.has("account"))
            return fail(Why::BadSyntax, fmt::format("--{} needs --account", name));
    }
    if (args.has("mailbox") && !args.has("message"))
        return fail(Why::BadSyntax, "--mailbox goes with --message");
    if (args.flag("replace") && (args.has("as") || args.has("message")))
        return fail(Why::BadSyntax, "--replace goes with neither --as nor --message");
    return {};
}

Result<Json> run(const Args& args, Caller& caller) {
    TRY(check_words(args));
    if (!args.has("account")) {
        return fail(Why::Cannot,
                    "The server is running: stop it and move its store away to restore "
                    "everything, or name one account with --account");
    }
    return args.has("message") ? restore_message(args, caller) : restore_account(args, caller);
}

Result<Json> alone(const Program& program, const std::string& config, const Args& args,
                   const Progress& progress) {
    TRY(check_words(args));
    if (args.has("account")) return run(args, *local_caller(TRY(program.open(config)), progress));
    Json answer;
    TRY(program.with_files(config,
                           [&](const store::EmbeddedOptions& options, Log& log) -> Result<> {
                               answer = TRY(restore_files(args, options, log, progress));
                               return {};
                           }));
    return answer;
}

int exit_code(const Json& answer) {
    auto* damaged = answer.find("damaged");
    return damaged && *damaged->as_number() > 0 ? EX_DATAERR : EX_OK;
}

}  // namespace

constexpr std::string_view kColumns[] = {"mailbox", "uid", "email"};

extern const Verb restore_verb{
    .name = "restore",
    .help = "Bring back everything, an account or a message from backups",
    .arguments = kFolder,
    .options = kOptions,
    .on_client = run,
    .alone = alone,
    .columns = kColumns,
    .exit_code = exit_code};

}  // namespace rook::admin
