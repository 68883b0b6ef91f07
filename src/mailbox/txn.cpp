#include "mailbox/txn.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/codec.h"
#include "mailbox/keys.h"

namespace rook::mailbox {

using store::Table;

Result<std::unique_ptr<Txn>> Txn::begin(Core& core) {
    std::unique_lock lock(core.txn_mutex());
    TRY(core.settle());
    std::unique_ptr<Txn> txn(new Txn(core, std::move(lock)));
    txn->now_ = core.services().clock.seconds();
    return txn;
}

ModSeq Txn::modseq() {
    if (!has_modseq_) {
        has_modseq_ = true;
        ++tip_.record.modseq.v;
    }
    return tip_.record.modseq;
}

Result<BoxEdit*> Txn::box_properties(std::uint64_t mailbox) {
    auto& edit = boxes_[mailbox];
    if (!edit) {
        auto slot = core_.find_slot(mailbox);
        if (!slot || !slot->pending.properties) {
            boxes_.erase(mailbox);
            return fail(Why::NotFound, "There is no such mailbox");
        }
        edit = std::make_unique<BoxEdit>(*this, std::move(slot));
    }
    return edit.get();
}

Result<BoxEdit*> Txn::box(MailboxId mailbox) {
    if (mailbox.account != core_.account_id()) {
        return fail(Why::NotFound, "There is no such mailbox");
    }
    return box(mailbox.n);
}

Result<BoxEdit*> Txn::box(std::uint64_t mailbox) {
    if (auto found = boxes_.find(mailbox); found != boxes_.end()) {
        CHECK(found->second->content_.index);
        return found->second.get();
    }
    auto slot = core_.find_slot(mailbox);
    if (slot && slot->pending.properties) TRY(core_.load_index(*slot));
    return box_properties(mailbox);
}

BoxEdit& Txn::create_box(Properties properties) {
    const auto mailbox = take_id();
    edit_mailboxes()[properties.name] = mailbox;
    auto slot = core_.add_slot(mailbox);
    auto& edit = boxes_[mailbox];
    edit = std::make_unique<BoxEdit>(*this, std::move(slot));
    edit->has_new_content_ = true;
    edit->set_properties(std::move(properties));
    return *edit;
}

Result<> Txn::load_emails(std::span<const Entry> entries) {
    std::vector<std::string> wanted;
    std::vector<EmailId> ids;
    for (auto& e : entries) {
        if (emails_.contains(e.email)) continue;
        emails_[e.email];
        ids.push_back(e.email);
        wanted.push_back(keys::email(e.email));
    }
    if (wanted.empty()) return {};
    auto values = TRY(core_.pending_records(wanted));
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!values[i]) return fail(Why::Corrupt, "The mailbox is damaged", "email record missing");
        emails_[ids[i]] = TRY(decode_email(*values[i]));
        email_bytes_ += 64 + values[i]->size();
    }
    return {};
}

EmailRecord& Txn::email(EmailId id) {
    auto found = emails_.find(id);
    CHECK(found != emails_.end());
    return found->second;
}

void Txn::make_email(EmailId id, EmailRecord record) { emails_[id] = std::move(record); }

void Txn::leave(const Entry& e, std::uint64_t mailbox, const Properties& properties) {
    auto& record = email(e.email);
    std::erase(record.places, Place{mailbox, e.uid});
    if (!record.places.empty()) return;
    record.freed_at = now_;
    FreedRecord freed{.mailbox = mailbox,
                      .name = properties.name,
                      .uid = e.uid,
                      .flags = e.flags,
                      .keywords = {},
                      .received = e.received,
                      .saved = e.saved};
    for (std::size_t i = 0; i < properties.keywords->size(); ++i) {
        if (e.keywords >> i & 1) freed.keywords.push_back((*properties.keywords)[i]);
    }
    put(keys::free(now_, e.email), encode(freed));
}

void Txn::leave_later(std::span<const Entry> entries, std::uint64_t mailbox,
                      const Properties& properties) {
    const auto n = take_id();
    put(keys::doomed(n), encode(DoomedRecord{.properties = properties, .expunged = mailbox}));
    while (!entries.empty()) {
        const auto some = entries.first(std::min(entries.size(), kPageEntries));
        const Page page{
            .low = some.front().uid, .version = modseq(), .entries = {some.begin(), some.end()}};
        const auto key = keys::page(n, page.low);
        write_.batch.put(Table::Records, key,
                         sealed(kValueVersion, key, encode_page(page, core_.account_id())));
        entries = entries.subspan(some.size());
    }
}

void Txn::write_ahead(std::span<const Entry> entries, store::Batch& batch) {
    for (auto& e : entries) {
        auto found = emails_.find(e.email);
        if (found == emails_.end()) continue;  // in several of the entries
        const auto key = keys::email(e.email);
        batch.put(Table::Records, key, sealed(kValueVersion, key, encode(found->second)));
        emails_.erase(found);
    }
    if (emails_.empty()) email_bytes_ = 0;
}

void Txn::put(std::string key, std::string payload) {
    write_.batch.put(Table::Records, key, sealed(kValueVersion, key, payload));
    write_.overlay.emplace_back(std::move(key), std::move(payload));
}

void Txn::erase(const std::string& key) {
    write_.batch.erase(Table::Records, key);
    write_.overlay.emplace_back(key, std::nullopt);
}

Names& Txn::edit_mailboxes() {
    if (!mailboxes_) mailboxes_ = std::make_shared<Names>(*tip_.mailboxes);
    return *mailboxes_;
}

Names& Txn::edit_subscriptions() {
    if (!subscriptions_) subscriptions_ = std::make_shared<Names>(*tip_.subscriptions);
    return *subscriptions_;
}

void Txn::count(std::int64_t messages, std::int64_t bytes) {
    tip_.record.messages += static_cast<std::uint64_t>(messages);
    tip_.record.bytes += static_cast<std::uint64_t>(bytes);
}

void Txn::write_emails() {
    for (auto& [id, record] : emails_) put(keys::email(id), encode(record));
}

Result<QueuedPtr> Txn::finish() {
    auto queued = std::make_shared<Queued>();
    ChangeRecord change{.at = now_, .items = {}};
    for (auto& [mailbox, edit] : boxes_) TRY(edit->finish(write_, *queued, change, modseq(), now_));
    write_emails();
    if (subscriptions_) change.items.push_back({ChangeRecord::Kind::Subscription, 0, {}, {}});
    if (!change.items.empty()) {
        const auto key = keys::change(modseq());
        write_.batch.put(Table::Records, key, sealed(kValueVersion, key, encode(change)));
    }
    write_.batch.put(Table::Records, keys::account(),
                     sealed(kValueVersion, keys::account(), encode(tip_.record)));
    if (is_freeing_) write_.batch.mark_freeing();
    if (mailboxes_) tip_.mailboxes = std::move(mailboxes_);
    if (subscriptions_) {
        queued->has_new_subscriptions = true;
        tip_.subscriptions = std::move(subscriptions_);
    }
    queued->tip = tip_;
    if (write_.batch.bytes() > store::kMaxBatch) {
        return fail(Why::Limit, "Too many messages or mailboxes for one command");
    }
    return queued;
}

Result<std::future<Result<>>> Txn::submit() {
    auto queued = TRY(finish());
    auto told = TRY(core_.queue(std::move(queued), std::move(write_)));
    lock_.unlock();
    return told;
}

Result<> Txn::commit() {
    if (is_empty()) return core_.wait_for_queued(lock_);
    return TRY(submit()).get();
}

Result<> Commits::add(Txn& txn) {
    if (txn.is_empty()) return txn.commit();
    auto told = TRY(txn.submit());
    TRY(wait());
    last_ = std::move(told);
    return {};
}

Result<> Commits::wait() {
    if (!last_) return {};
    return std::exchange(last_, {})->get();
}

}  // namespace rook::mailbox
