#include "mailbox/restore.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "base/codec.h"
#include "base/sabotage.h"
#include "mailbox/accounts_impl.h"
#include "mailbox/keys.h"

namespace rook::mailbox {

using store::Table;

namespace {

constexpr std::size_t kBatch = 1024 * 1024;

// What clients have seen of the account that is replaced.
struct Seen {
    ModSeq modseq;
    Uid uidnext;
    std::uint32_t uidvalidity = 0;
};

// Rewrites the records that say what clients compare: the mod-sequence of every entry becomes one
// that is above all that were given out, so that a client that asks for changes gets all entries;
// the log of changes goes, up to there (QRESYNC answers from the UIDs that are there, JMAP cannot
// calculate changes); UIDs and ids are given out from behind those that may have been.
class Mover {
public:
    Mover(AccountId from, AccountId to, std::uint64_t restore, Seen seen = {})
        : from_(from), to_(to), restore_(restore), seen_(seen) {}

    // The record as it is to be stored; nullopt when it goes. The account's own comes first.
    Result<std::optional<std::string>> move(std::string_view key, std::string_view value) {
        switch (key[0]) {
            case keys::kAccount:
                return move_account(key, value);
            case keys::kCounters:
                return move_counters(key, value);
            case keys::kIndex:
                return move_index(key, value);
            case keys::kPage:
                return move_page(key, value);
            case keys::kChange:
            case keys::kExpunged:
                return std::nullopt;
            default:
                return std::string(value);
        }
    }
    bool has_account() const { return modseq_.v != 0; }

private:
    static std::string seal_again(std::string_view key, std::string_view payload) {
        return sealed(kValueVersion, key, payload);
    }
    static Result<Uid> low_of(std::string_view key) {
        Reader in(key.substr(1));
        in.u64();
        const Uid low{in.u32()};
        if (in.failed() || !in.at_end()) return fail(Why::Corrupt, "Stored data is damaged", "key");
        return low;
    }

    Result<std::optional<std::string>> move_account(std::string_view key, std::string_view value) {
        const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
        auto record = TRY(decode_account(payload));
        const auto last = record.modseq.v / kModSeqRoom;
        if (last >= restore_) {
            return fail(Why::Cannot, "The account has been through a later restore than this one");
        }
        if (!sabotaged(Sabotage::KeepNumbers)) {
            rooms_ = restore_ - last;
            past_seen_ = 1;
        }
        modseq_.v = std::max(record.modseq.v + rooms_ * kModSeqRoom,
                             seen_.modseq.v + past_seen_ * kModSeqRoom);
        record.modseq = record.log_floor = modseq_;
        record.next_id += rooms_ * kIdRoom;
        record.last_uidvalidity = std::max(record.last_uidvalidity, seen_.uidvalidity);
        return seal_again(key, encode(record));
    }

    Result<std::optional<std::string>> move_counters(std::string_view key, std::string_view value) {
        const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
        auto stored = TRY(decode_counters(payload));
        auto& counters = stored.counters;
        const auto next = std::max(counters.uidnext.v + rooms_ * kUidRoom,
                                   seen_.uidnext.v + past_seen_ * kUidRoom);
        if (next >= std::numeric_limits<std::uint32_t>::max()) {
            return fail(Why::Limit, "A mailbox has no UIDs left: restore its messages instead");
        }
        counters.uidnext.v = static_cast<std::uint32_t>(next);
        counters.highest_modseq = modseq_;
        return seal_again(key, encode(counters, stored.recent_from));
    }

    Result<std::optional<std::string>> move_index(std::string_view key, std::string_view value) {
        const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
        const auto low = TRY(low_of(key));
        auto info = TRY(decode_page_info(payload, low));
        info.version = modseq_;
        return seal_again(key, encode(info));
    }

    Result<std::optional<std::string>> move_page(std::string_view key, std::string_view value) {
        const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
        const auto low = TRY(low_of(key));
        auto page = TRY(decode_page(payload, from_, low));
        page.version = modseq_;
        for (auto& e : page.entries) e.modseq = modseq_;
        return seal_again(key, encode_page(page, to_));
    }

    const AccountId from_, to_;
    const std::uint64_t restore_;
    const Seen seen_;
    std::uint64_t rooms_ = 0, past_seen_ = 0;
    ModSeq modseq_;
};

Result<> check_number(std::uint64_t restore) {
    if (restore <= kMostRestores) return {};
    return fail(Why::Limit,
                "These backups have been restored too often: take the mail with "
                "--message");
}

// A damaged record stays as it is, for `rookery check` to name.
Result<std::optional<std::string>> move_or_keep(Mover& mover, std::string_view key,
                                                std::string_view value, std::uint64_t& damaged) {
    auto moved = mover.move(key, value);
    if (moved || moved.error().why != Why::Corrupt) return moved;
    ++damaged;
    return std::string(value);
}

// Some records from a key on, as one batch of what becomes of them; the key to go on from, or ""
// at the end.
Result<std::string> move_some(store::Store& store, AccountId id, Mover& mover, std::string from,
                              const std::string& to) {
    store::Batch batch;
    std::string next;
    std::uint64_t damaged = 0;
    Result<> outcome;
    TRY(store.scan(id, Table::Records, from, to, [&](auto key, auto value) {
        if (batch.bytes() > kBatch) {
            next = key;
            return false;
        }
        auto moved = move_or_keep(mover, key, value, damaged);
        if (!moved) {
            outcome = std::unexpected(moved.error());
        } else if (!*moved) {
            batch.erase(Table::Records, key);
        } else if (**moved != value) {
            batch.put(Table::Records, key, **moved);
        }
        return outcome.has_value();
    }));
    TRY(std::move(outcome));
    if (!batch.is_empty()) TRY(store.commit(id, std::move(batch)));
    return next;
}

Result<> move_account(store::Store& store, AccountId id, std::uint64_t restore) {
    Mover mover(id, id, restore);
    for (const char kind : {keys::kAccount, keys::kChange, keys::kIndex, keys::kCounters,
                            keys::kPage, keys::kExpunged}) {
        std::string from(1, kind);
        do {
            from = TRY(move_some(store, id, mover, from, keys::after(kind)));
        } while (!from.empty());
        // Without its own record it does not open, today or tomorrow.
        if (!mover.has_account()) return {};
    }
    return {};
}

}  // namespace

Result<std::uint64_t> last_restore(const store::Store& store, AccountId id) {
    const auto key = keys::account();
    const auto stored = TRY(store.find(id, Table::Records, key));
    if (!stored) return 0;
    const auto unsealed = unseal(key, *stored, kValueVersion);
    if (!unsealed) return 0;
    const auto record = decode_account(unsealed->payload);
    return record ? record->modseq.v / kModSeqRoom : 0;
}

Result<std::uint64_t> last_restore(const store::Store& store, directory::Directory& directory) {
    auto last = TRY(directory.reserve_account()).v / kAccountRoom;
    for (auto id : TRY(store.accounts())) {
        if (id != kDirectoryAccount) last = std::max(last, TRY(last_restore(store, id)));
    }
    return last;
}

Result<> move_numbers(store::Store& store, directory::Directory& directory, std::uint64_t restore,
                      const std::function<void(std::uint64_t done, std::uint64_t all)>& told) {
    TRY(check_number(restore));
    const auto all = TRY(store.accounts());
    std::uint64_t done = 0;
    for (auto id : all) {
        if (id != kDirectoryAccount) TRY(move_account(store, id, restore));
        if (told) told(++done, all.size());
    }
    return directory.number_accounts_from(AccountId{restore * kAccountRoom});
}

class RestoringImpl final : public Restoring {
public:
    RestoringImpl(AccountsImpl& accounts, RestoreWish wish, AccountId to, Seen seen)
        : accounts_(accounts),
          wish_(std::move(wish)),
          to_(to),
          mover_(wish_.account.id, to, wish_.restore, seen) {
        std::lock_guard lock(accounts_.mutex_);
        accounts_.creating_.insert(to_.v);
    }
    ~RestoringImpl() override {
        // Whatever stays is swept at the next start.
        if (!is_revealed_) (void)accounts_.erase_everything(to_);
        std::lock_guard lock(accounts_.mutex_);
        accounts_.creating_.erase(to_.v);
    }

    Result<> begin() { return accounts_.mark(to_, true); }

    Result<> take(Table table, std::string_view key, std::string_view value) override {
        if (key.empty() || key.size() > store::kMaxKey || value.size() > store::kMaxValue) {
            return fail(Why::Corrupt, "The records of the backup make no sense");
        }
        if (table == Table::Records) return take_record(key, value);
        if (!unseal(key, value, std::numeric_limits<std::uint8_t>::max())) ++damaged_;
        return put(table, key, value);
    }

    std::uint64_t damaged() const override { return damaged_; }

    Result<AccountId> finish() override {
        if (!mover_.has_account() || !has_format_) {
            return fail(Why::Corrupt, "The account in the backup is damaged: it cannot be opened");
        }
        if (!batch_.is_empty()) {
            TRY(accounts_.services_.store.commit(to_, std::exchange(batch_, {})));
        }
        AccountId old;
        if (wish_.where == RestoreWish::Where::Replace) old = TRY(replace());
        if (wish_.where == RestoreWish::Where::Add) TRY(reveal());
        is_revealed_ = true;
        // If this fails the mark is taken away at the next start.
        (void)accounts_.mark(to_, false);
        if (old.v != 0) TRY(accounts_.erase_everything(old));
        return to_;
    }

private:
    Result<> take_record(std::string_view key, std::string_view value) {
        if (key == keys::staged_account()) return {};
        has_format_ = has_format_ || key == keys::format();
        if (key[0] > keys::kAccount && !mover_.has_account()) {
            return fail(Why::Corrupt, "The account in the backup is damaged: it cannot be opened");
        }
        if (!unseal(key, value, std::numeric_limits<std::uint8_t>::max())) ++damaged_;
        std::uint64_t counted = 0;
        const auto moved = TRY(move_or_keep(mover_, key, value, counted));
        return moved ? put(Table::Records, key, *moved) : Result<>();
    }

    Result<> put(Table table, std::string_view key, std::string_view value) {
        batch_.put(table, key, value);
        if (batch_.bytes() < kBatch) return {};
        return accounts_.services_.store.commit(to_, std::exchange(batch_, {}));
    }

    Result<> reveal() {
        auto account = wish_.account;
        account.id = to_;
        return accounts_.services_.directory.add_account(account);
    }

    // The account of today under the number of what was restored. Sessions and deliveries that have
    // the old one get Gone.
    Result<AccountId> replace() {
        auto& directory = accounts_.services_.directory;
        const auto old = TRY(directory.find(wish_.account.address));
        if (!old) return fail(Why::NotFound, "The account has been removed meanwhile");
        TRY(accounts_.mark(old->id, true));
        auto account = *old;
        account.id = to_;
        TRY(directory.replace_account(account));
        if (auto loaded = accounts_.find_loaded(old->id)) {
            loaded->set_removed();
            std::lock_guard lock(accounts_.mutex_);
            accounts_.recent_.remove(loaded);
        }
        return old->id;
    }

    AccountsImpl& accounts_;
    const RestoreWish wish_;
    const AccountId to_;
    Mover mover_;
    store::Batch batch_;
    std::uint64_t damaged_ = 0;
    bool has_format_ = false, is_revealed_ = false;
};

Result<std::unique_ptr<Restoring>> AccountsImpl::begin_restore(RestoreWish wish) {
    TRY(check_number(wish.restore));
    auto& directory = services_.directory;
    const auto live = TRY(directory.find(wish.account.address));
    Seen seen;
    if (wish.where == RestoreWish::Where::Replace) {
        if (!live) return fail(Why::NotFound, "There is no such account");
        const auto account = TRY(open_impl(live->id));
        const auto record = account->tip().record;
        seen.modseq = record.modseq;
        seen.uidvalidity = record.last_uidvalidity;
        for (auto& box : account->mailboxes()) seen.uidnext = std::max(seen.uidnext, box.uidnext);
    } else if (live) {
        return fail(Why::Exists, "There is an account of that address already");
    }
    const auto to = TRY(directory.reserve_account());
    auto restoring = std::make_unique<RestoringImpl>(*this, std::move(wish), to, seen);
    TRY(restoring->begin());
    return restoring;
}

}  // namespace rook::mailbox
