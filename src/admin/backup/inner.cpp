// The server's parts of backup and restore: snapshots of the store, and an account's records coming
// in.
#include <filesystem>

#include "admin/backup/open.h"
#include "admin/verb.h"
#include "base/base64.h"
#include "base/codec.h"
#include "directory/records.h"
#include "mailbox/restore.h"

namespace rook::admin {
namespace {

Result<Json> make_snapshot(Call& call) {
    auto made = TRY(call.services.store.snapshot());
    // The caller may stand in another folder.
    return Json::object(
        {{"path", std::filesystem::absolute(made.path).string()}, {"store", made.store}});
}

Result<Json> drop_snapshot(Call& call) {
    TRY(call.services.store.drop_snapshot(call.args.text("path")));
    return Json::object({{"done", 1}});
}

constexpr Argument kPath[] = {{"path", "as it was given"}};
constexpr Argument kAddress[] = {{"address", "where it goes"}};
constexpr Option kRestoreOptions[] = {
    {"record", "the account of the backup, as its directory has it, in base64"},
    {"number", "its number there", Option::Kind::Number},
    {"restore", "the number of this restore", Option::Kind::Number},
    {"replace", "the account that is there", Option::Kind::Flag},
};

class RestoreAccount final : public Sink {
public:
    static Result<std::unique_ptr<Sink>> begin(const Call& call) {
        const AccountId number{static_cast<std::uint64_t>(call.args.number("number").value_or(0))};
        const auto record = base64_decode(call.args.text("record"));
        if (!record) return fail(Why::BadSyntax, "The account's record makes no sense");
        mailbox::RestoreWish wish;
        wish.account = TRY(directory::read_account(directory::account_key(number), *record));
        wish.account.address = TRY(directory::canonical_address(call.args.text("address")));
        wish.restore = static_cast<std::uint64_t>(call.args.number("restore").value_or(1));
        if (call.args.flag("replace") && TRY(call.services.directory.find(wish.account.address))) {
            wish.where = mailbox::RestoreWish::Where::Replace;
        }
        auto address = wish.account.address;
        auto restoring = TRY(call.services.accounts.begin_restore(std::move(wish)));
        return std::unique_ptr<Sink>(new RestoreAccount(std::move(address), std::move(restoring)));
    }

    Result<> write(std::string_view bytes) override {
        waiting_.append(bytes);
        std::string_view rest = waiting_;
        for (;;) {
            Reader in(rest);
            const auto table = in.u8();
            const auto key = in.text(), value = in.text();
            if (in.failed()) break;
            if (table >= store::kTables) return makes_no_sense();
            TRY(restoring_->take(static_cast<store::Table>(table), key, value));
            rest = in.rest();
        }
        if (rest.size() > kMostRow) return makes_no_sense();
        waiting_.erase(0, waiting_.size() - rest.size());
        return {};
    }

    Result<Json> finish() override {
        if (!waiting_.empty()) return makes_no_sense();
        TRY(restoring_->finish());
        return Json::object({{"account", address_}, {"damaged", restoring_->damaged()}});
    }

private:
    static constexpr std::size_t kMostRow = store::kMaxKey + store::kMaxValue + 16;

    RestoreAccount(std::string address, std::unique_ptr<mailbox::Restoring> restoring)
        : address_(std::move(address)), restoring_(std::move(restoring)) {}

    static std::unexpected<Error> makes_no_sense() {
        return fail(Why::BadSyntax, "The records of the account make no sense");
    }

    const std::string address_;
    std::unique_ptr<mailbox::Restoring> restoring_;
    std::string waiting_;
};

}  // namespace

extern const Verb snapshot_make{.name = "snapshot",
                                .help = "Make a snapshot of the store, for a backup to copy",
                                .is_inner = true,
                                .run = make_snapshot};
extern const Verb snapshot_drop{.name = "drop-snapshot",
                                .help = "Drop a snapshot",
                                .arguments = kPath,
                                .is_inner = true,
                                .run = drop_snapshot};
extern const Verb account_restore{.name = "account restore",
                                  .help = "Take an account's records out of a backup",
                                  .arguments = kAddress,
                                  .options = kRestoreOptions,
                                  .is_change = true,
                                  .is_inner = true,
                                  .begin = RestoreAccount::begin};

}  // namespace rook::admin
