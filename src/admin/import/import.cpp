// import: mail out of mbox files and Maildirs. Runs at the caller's end, with the caller's rights
// to the files, and hands over message by message.
#include <fmt/format.h>
#include <sysexits.h>

#include <filesystem>
#include <fstream>

#include "admin/import/maildir.h"
#include "admin/import/mbox.h"
#include "admin/verb.h"

namespace rook::admin {
namespace {

constexpr Argument kAddress[] = {{"address", "whose mail it becomes"}};
constexpr Option kOptions[] = {
    {"mbox", "an mbox file"},
    {"maildir", "a Maildir, with the folders in it"},
    {"mailbox", "where to put it; INBOX when left out. A Maildir's folders go below it"},
    {"mbox-kind", "how the file quotes From lines: mboxrd (when left out), mboxo, mboxcl, mboxcl2"},
};

constexpr std::size_t kMostBytes = std::size_t{512} << 20;  // the server's own limit is below it
constexpr std::size_t kPiece = 32 * 1024;
constexpr std::size_t kMostRefusals = 20;  // named in the answer

class Import {
public:
    Import(Caller& caller, std::string address) : caller_(caller), address_(std::move(address)) {}

    // Makes it when it is not there.
    Result<> open_mailbox(std::string name) {
        mailbox_ = std::move(name);
        if (mailbox_ == "INBOX") return {};
        auto done = caller_.call(
            "mailbox create",
            Json::object({{"address", address_}, {"name", Json::Array{Json(mailbox_)}}}));
        if (!done && done.error().why != Why::Exists)
            return std::unexpected(std::move(done).error());
        return {};
    }

    // A message that is refused is counted; what the next would meet too ends the import.
    Result<> add(const FileMessage& message, const std::string& from) {
        if (message.is_too_big) return refused(from, "it is too big");
        auto args = Json::object({{"address", address_}, {"mailbox", mailbox_}});
        if (message.received) args.set("received", *message.received);
        auto flags = Json::array();
        for (auto& flag : message.flags) flags.push(flag);
        args.set("flags", std::move(flags));
        std::size_t sent = 0;
        auto done =
            caller_.call("mailbox append", args, [&]() -> Result<std::optional<std::string>> {
                if (sent == message.bytes.size()) return std::nullopt;
                auto piece = message.bytes.substr(sent, kPiece);
                sent += piece.size();
                return piece;
            });
        if (done) {
            ++imported_;
            return {};
        }
        auto& error = done.error();
        if (error.why == Why::TooBig || error.why == Why::BadSyntax || error.why == Why::Limit)
            return refused(from, error.said);
        error.said = fmt::format("{} ({} messages were imported before)", error.said, imported_);
        return std::unexpected(std::move(error));
    }

    void progress(std::uint64_t done, std::uint64_t all) { caller_.progress(done, all); }

    Json answer() const {
        auto refusals = Json::array();
        for (auto& text : refusals_) refusals.push(text);
        return Json::object(
            {{"imported", imported_}, {"refused", refused_}, {"refusals", std::move(refusals)}});
    }

private:
    Result<> refused(const std::string& from, std::string_view why) {
        ++refused_;
        if (refusals_.size() < kMostRefusals) refusals_.push_back(fmt::format("{}: {}", from, why));
        return {};
    }

    Caller& caller_;
    std::string address_, mailbox_;
    std::uint64_t imported_ = 0, refused_ = 0;
    std::vector<std::string> refusals_;
};

Result<> import_mbox(Import& import, const std::string& path, MboxKind kind,
                     const std::string& mailbox) {
    std::error_code error;
    auto size = std::filesystem::file_size(path, error);
    std::ifstream in(path, std::ios::binary);
    if (error || !in) return fail(Why::Io, fmt::format("{} cannot be read", path));
    TRY(import.open_mailbox(mailbox.empty() ? "INBOX" : mailbox));
    MboxReader reader(in, kind, kMostBytes);
    FileMessage message;
    for (std::uint64_t number = 1; TRY(reader.next(message)); ++number) {
        TRY(import.add(message, fmt::format("message {}", number)));
        import.progress(reader.position(), size);
    }
    return {};
}

Result<> import_maildir(Import& import, const std::string& path, const std::string& mailbox) {
    auto folders = TRY(list_maildir(path));
    std::uint64_t all = 0, done = 0;
    for (auto& folder : folders) {
        for (auto& file : folder.files) all += file.bytes;
    }
    for (auto& folder : folders) {
        auto name = mailbox;
        if (!folder.name.empty()) name += (name.empty() ? "" : "/") + folder.name;
        TRY(import.open_mailbox(name.empty() ? "INBOX" : name));
        for (auto& file : folder.files) {
            auto message = TRY(read_maildir_file(file, kMostBytes));
            TRY(import.add(message, file.path));
            import.progress(done += file.bytes, all);
        }
    }
    return {};
}

Result<Json> run(const Args& args, Caller& caller) {
    if (args.has("mbox") == args.has("maildir"))
        return fail(Why::BadSyntax, "Say one of --mbox and --maildir");
    auto kind = MboxKind::Rd;
    if (args.has("mbox-kind")) {
        auto given = read_mbox_kind(args.text("mbox-kind"));
        if (!given) return fail(Why::BadSyntax, "The kinds are mboxrd, mboxo, mboxcl and mboxcl2");
        kind = *given;
    }
    Import import(caller, args.text("address"));
    if (args.has("mbox"))
        TRY(import_mbox(import, args.text("mbox"), kind, args.text("mailbox")));
    else
        TRY(import_maildir(import, args.text("maildir"), args.text("mailbox")));
    return import.answer();
}

int exit_code(const Json& answer) {
    auto* refused = answer.find("refused");
    return refused && refused->as_number() && *refused->as_number() > 0 ? EX_DATAERR : EX_OK;
}

}  // namespace

extern const Verb import_verb{.name = "import",
                              .help = "Import mail from an mbox file or a Maildir",
                              .arguments = kAddress,
                              .options = kOptions,
                              .on_client = run,
                              .exit_code = exit_code};

}  // namespace rook::admin
