#include "pop3/maildrop.h"

#include <fmt/core.h>

#include "base/check.h"

namespace rook::pop3 {

Result<Maildrop> Maildrop::open(mailbox::AccountPtr account) {
    Maildrop drop;
    drop.account_ = std::move(account);
    drop.lock_ = TRY(drop.account_->lock_maildrop());
    const auto inbox = drop.account_->find("INBOX");
    CHECK(inbox);
    drop.inbox_ = inbox->id;

    // A view only to see one consistent state: once walked, nothing may change for us.
    const auto view =
        TRY(drop.account_->select(inbox->id, mailbox::Account::Access::ReadOnly, [] {}));
    drop.uidvalidity_ = view->uidvalidity();
    drop.messages_.reserve(view->count());
    UidSet all;
    if (view->last_uid().v != 0) all.add(Uid{1}, view->last_uid());
    TRY(view->walk(all, [&](const mailbox::View::Item& item) {
        if (item.is_gone) return true;
        drop.messages_.push_back({item.entry.uid, item.entry.size, item.entry.email});
        drop.bytes_ += item.entry.size;
        return true;
    }));
    drop.deleted_.resize(drop.messages_.size());
    return drop;
}

void Maildrop::mark_deleted(std::uint32_t number) {
    CHECK(!is_deleted(number));
    deleted_[number - 1] = true;
    ++deleted_count_;
    deleted_bytes_ += at(number).size;
}

void Maildrop::unmark_all() {
    deleted_.assign(deleted_.size(), false);
    deleted_count_ = 0;
    deleted_bytes_ = 0;
}

std::string Maildrop::unique_id(std::uint32_t number) const {
    return fmt::format("{}-{}", uidvalidity_, at(number).uid.v);
}

Result<std::uint64_t> Maildrop::commit() {
    UidSet marked;
    for (std::uint32_t number = 1; number <= messages(); ++number) {
        if (is_deleted(number)) marked.add(at(number).uid);
    }
    if (marked.is_empty()) return 0;
    const auto gone = TRY(account_->expunge(inbox_, marked, mailbox::Account::Which::All));
    return gone.count();
}

}  // namespace rook::pop3
