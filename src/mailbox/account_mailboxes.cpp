// An account's mailboxes as names: listing, creating, removing, renaming, subscriptions, quota.
#include <algorithm>

#include "base/ascii.h"
#include "mailbox/account_impl.h"
#include "mailbox/keys.h"
#include "mailbox/names.h"

namespace rook::mailbox {
namespace {

// Pages of a removed mailbox that are cleared at once; the tidier does the others.
constexpr std::size_t kPagesAtOnce = 16;

struct First {
    const char* name;
    Role role;
};
constexpr First kFirst[] = {
    {"INBOX", Role::Inbox}, {"Drafts", Role::Drafts}, {"Sent", Role::Sent},
    {"Junk", Role::Junk},   {"Trash", Role::Trash},   {"Archive", Role::Archive},
};

std::unexpected<Error> no_such() { return fail(Why::NotFound, "There is no such mailbox"); }

}  // namespace

MailboxInfo AccountImpl::info_of_locked(const Slot& slot) const {
    auto& p = *slot.visible.properties;
    auto& c = slot.visible.content->counters;
    MailboxInfo info{.id = {id(), slot.mailbox},
                     .name = p.name,
                     .role = p.role,
                     .uidvalidity = p.uidvalidity,
                     .uidnext = c.uidnext,
                     .highest_modseq = c.highest_modseq,
                     .messages = c.messages,
                     .unseen = c.unseen,
                     .deleted = c.deleted,
                     .size = c.size,
                     .deleted_size = c.deleted_size,
                     .recent_from = slot.recent_from,
                     .recent = 0,
                     .keyword_names = p.keywords};
    // Without the index no more is known than how many there may be at most.
    info.recent = slot.recent.value_or(std::min(c.messages, c.uidnext.v - slot.recent_from.v));
    return info;
}

std::vector<MailboxInfo> AccountImpl::mailboxes() const {
    std::vector<MailboxInfo> all;
    for (auto& [name, n] : *tip().mailboxes) {
        if (auto info = find(MailboxId{id(), n})) all.push_back(std::move(*info));
    }
    auto inbox = std::find_if(all.begin(), all.end(), [](auto& i) { return i.name == kInbox; });
    if (inbox != all.end()) std::rotate(all.begin(), inbox, inbox + 1);
    return all;
}

std::optional<MailboxInfo> AccountImpl::find(std::string_view name) const {
    const auto names = tip().mailboxes;
    auto found = names->find(lookup_name(name, services().limits));
    if (found == names->end()) return std::nullopt;
    return find(MailboxId{id(), found->second});
}

std::optional<MailboxInfo> AccountImpl::find(MailboxId mailbox) const {
    if (mailbox.account != id()) return std::nullopt;
    auto slot = find_slot(mailbox.n);
    std::lock_guard lock(state_mutex());
    if (!slot || !slot->visible.properties) return std::nullopt;
    return info_of_locked(*slot);
}

std::optional<MailboxInfo> AccountImpl::find(Role role) const {
    for (auto& [name, n] : *tip().mailboxes) {
        auto slot = find_slot(n);
        std::lock_guard lock(state_mutex());
        if (slot && slot->visible.properties && slot->visible.properties->role == role) {
            return info_of_locked(*slot);
        }
    }
    return std::nullopt;
}

Result<std::uint64_t> AccountImpl::number_of(MailboxId mailbox) const {
    if (mailbox.account != id()) return no_such();
    return mailbox.n;
}

Result<> AccountImpl::check_space() const {
    if (services().store.space().is_short) return fail(Why::NoSpace, "The server's disk is full");
    return {};
}

Result<BoxEdit*> AccountImpl::make_box(Txn& txn, const std::string& name, Role role) {
    if (txn.tip().mailboxes->size() >= services().limits.mailboxes) {
        return fail(Why::Limit, "There are too many mailboxes");
    }
    // Rises with time, and within a second too: a name that comes back has a higher one.
    auto& last = txn.tip().record.last_uidvalidity;
    last = std::max(last + 1, static_cast<std::uint32_t>(txn.now()));
    Properties properties{.name = name, .role = role, .uidvalidity = last, .created = txn.now()};
    return &txn.create_box(std::move(properties));
}

Result<MailboxId> AccountImpl::create(std::string_view given, Role role) {
    const auto name = TRY(canonical_name(given, services().limits));
    TRY(check_space());
    auto txn = TRY(Txn::begin(*this));
    if (txn->edit_mailboxes().contains(name)) {
        return fail(Why::Exists, "There is a mailbox of that name already");
    }
    if (role != Role::None) {
        for (auto& [other, n] : txn->edit_mailboxes()) {
            if (TRY(txn->box_properties(n))->properties().role == role) {
                return fail(Why::Exists, "Another mailbox has that use already");
            }
        }
    }
    for (auto& parent : parents_of(name)) {
        if (!txn->edit_mailboxes().contains(parent)) TRY(make_box(*txn, parent, Role::None));
    }
    const auto made = TRY(make_box(*txn, name, role))->id();
    TRY(txn->commit());
    return made;
}

Result<> AccountImpl::write_new() {
    auto txn = TRY(Txn::begin(*this));
    for (auto& [name, role] : kFirst) {
        TRY(make_box(*txn, name, role));
        const auto n = txn->take_id();
        txn->edit_subscriptions()[name] = n;
        txn->put(keys::subscription(n), name);
    }
    txn->put(keys::staged_account(), {});
    txn->put(keys::format(), std::string(1, static_cast<char>(kFormatVersion)));
    return txn->commit();
}

Result<> AccountImpl::remove(std::string_view given) {
    const auto name = lookup_name(given, services().limits);
    if (name == kInbox) return fail(Why::Cannot, "INBOX cannot be deleted");
    std::uint64_t mailbox = 0;
    {
        auto txn = TRY(Txn::begin(*this));
        auto found = txn->edit_mailboxes().find(name);
        if (found == txn->edit_mailboxes().end()) return no_such();
        mailbox = found->second;
        txn->edit_mailboxes().erase(found);
        auto* box = TRY(txn->box_properties(mailbox));
        txn->put(keys::doomed(mailbox), encode(DoomedRecord{.properties = box->properties()}));
        box->remove();
        txn->mark_freeing();
        TRY(txn->commit());
    }
    // It is gone whatever comes of this: the tidier goes on where it ends.
    if (auto purged = purge(mailbox, kPagesAtOnce); !purged) {
        services().log.warning("purge", {{"account", id().v}, {"detail", purged.error().detail}});
    }
    return {};
}

Result<> AccountImpl::rename(std::string_view from_given, std::string_view to_given) {
    const auto& limits = services().limits;
    const auto from = lookup_name(from_given, limits);
    const auto to = TRY(canonical_name(to_given, limits));
    if (from == kInbox) return rename_inbox(to);
    if (is_below(to, from)) return fail(Why::Cannot, "A mailbox cannot be moved below itself");
    auto txn = TRY(Txn::begin(*this));
    auto& names = txn->edit_mailboxes();
    const Names before = names;
    std::vector<std::pair<std::string, std::uint64_t>> moving;
    for (auto& [name, n] : before) {
        if (name == from || is_below(name, from)) moving.emplace_back(name, n);
    }
    if (from.empty() || moving.empty()) return no_such();
    if (to == from || names.contains(to)) {
        return fail(Why::Exists, "There is a mailbox of that name already");
    }
    for (auto& [name, n] : moving) names.erase(name);
    for (auto& [name, n] : moving) {
        const auto renamed = TRY(canonical_name(to + name.substr(from.size()), limits));
        if (!names.emplace(renamed, n).second) {
            return fail(Why::Exists, "There is a mailbox of that name already");
        }
        auto* box = TRY(txn->box_properties(n));
        auto properties = box->properties();
        properties.name = renamed;
        box->set_properties(std::move(properties));
    }
    for (auto& parent : parents_of(to)) {
        if (!names.contains(parent)) TRY(make_box(*txn, parent, Role::None));
    }
    return txn->commit();
}

// RFC 9051 6.3.6: INBOX stays, and its messages go to a new mailbox.
Result<> AccountImpl::rename_inbox(const std::string& to) {
    const auto inbox = find(kInbox);
    if (!inbox) return no_such();
    const auto target = TRY(create(to, Role::None));
    TRY(move(inbox->id, UidSet::from_unsorted({{Uid{1}, Uid{0xFFFFFFFF}}}), target));
    return {};
}

Result<> AccountImpl::subscribe(std::string_view given, bool on) {
    const auto name =
        on ? TRY(canonical_name(given, services().limits)) : lookup_name(given, services().limits);
    auto txn = TRY(Txn::begin(*this));
    auto& names = txn->edit_subscriptions();
    auto found = names.find(name);
    if (on == (found != names.end())) return txn->commit();
    txn->modseq();
    if (on) {
        if (names.size() >= services().limits.mailboxes) {
            return fail(Why::Limit, "There are too many subscriptions");
        }
        const auto n = txn->take_id();
        names[name] = n;
        txn->put(keys::subscription(n), name);
    } else {
        txn->erase(keys::subscription(found->second));
        names.erase(found);
    }
    return txn->commit();
}

std::vector<std::string> AccountImpl::subscriptions() const {
    std::vector<std::string> all;
    for (auto& [name, n] : *tip().subscriptions) all.push_back(name);
    return all;
}

QuotaUse AccountImpl::quota() const {
    const auto record = tip().record;
    return {.bytes = record.bytes, .limit_bytes = quota_limit_, .messages = record.messages};
}

Result<> AccountImpl::check_quota(const Txn& txn, std::uint64_t more) const {
    const std::uint64_t limit = quota_limit_;
    const auto used = txn.tip().record.bytes;
    if (limit != 0 && (more > limit || used > limit - more)) {
        return fail(Why::OverQuota, "The mailbox is full");
    }
    return {};
}

}  // namespace rook::mailbox
