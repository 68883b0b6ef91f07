#include "admin/backup/open.h"

#include <fmt/format.h>

#include "base/codec.h"

namespace rook::admin {

Result<std::unique_ptr<BackupFiles>> BackupFiles::open(const Args& args,
                                                       store::BackupFolder::For purpose) {
    auto out = std::make_unique<BackupFiles>();
    out->folder = TRY(store::BackupFolder::open(*out->files, args.text("folder"), purpose));
    return out;
}

Result<std::unique_ptr<OpenState>> OpenState::open(const Args& args) {
    auto out = std::make_unique<OpenState>();
    out->backup = TRY(BackupFiles::open(args, store::BackupFolder::For::Read));
    auto& folder = *out->backup->folder;
    out->state = TRY(folder.find(args.text("state")));
    out->store = TRY(store::open_backup_store(folder, *out->state, out->log));
    out->directory = TRY(directory::Directory::open(*out->store, out->clock, {}));
    const auto address = args.text("account");
    out->account = TRY(out->directory->find(address));
    if (!out->account) {
        return fail(Why::NotFound, fmt::format("There is no account {} in the state {}", address,
                                               out->state->name));
    }
    return out;
}

void append_row(std::string& out, store::Table table, std::string_view key,
                std::string_view value) {
    Writer(out).u8(static_cast<std::uint8_t>(table)).text(key).text(value);
}

}  // namespace rook::admin
