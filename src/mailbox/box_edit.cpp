// A mailbox within a transaction: its pages, counters, keywords, and what views will be told.
#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/check.h"
#include "base/codec.h"
#include "base/sabotage.h"
#include "mailbox/keys.h"
#include "mailbox/txn.h"

namespace rook::mailbox {

using store::Table;

namespace {

std::optional<std::size_t> find_keyword(const std::vector<std::string>& names,
                                        std::string_view name) {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (iequals(names[i], name)) return i;
    }
    return std::nullopt;
}

}  // namespace

BoxEdit::BoxEdit(Txn& txn, SlotPtr slot)
    : txn_(txn),
      slot_(std::move(slot)),
      properties_(slot_->pending.properties),
      content_(slot_->pending.content ? *slot_->pending.content : Content{{}, PageIndex()}),
      index_(content_.index.value_or(PageIndex())) {}

MailboxId BoxEdit::id() const { return {txn_.core().account_id(), slot_->mailbox}; }

Result<PagePtr> BoxEdit::page(const PageInfo& info) {
    if (auto changed = pages_.find(info.low); changed != pages_.end()) return changed->second.after;
    return txn_.core().pending_page(slot_->mailbox, info);
}

void BoxEdit::put_page(PagePtr before, PagePtr after, Uid low) {
    has_new_content_ = true;
    auto [changed, is_first] = pages_.try_emplace(low);
    if (is_first) changed->second.before = std::move(before);
    if (after) {
        index_.put(info_of(*after));
    } else {
        index_.erase(low);
    }
    changed->second.after = std::move(after);
}

void BoxEdit::put_flagged(PagePtr before, Page after, std::vector<Entry> changed, Origin origin) {
    for (auto& e : changed) {
        content_.counters.remove(*before->find(e.uid));
        content_.counters.add(e);
    }
    delta_.flagged.insert(delta_.flagged.end(), changed.begin(), changed.end());
    delta_.origin = origin;
    const auto low = after.low;
    after.version = txn_.modseq();
    put_page(std::move(before), std::make_shared<const Page>(std::move(after)), low);
}

void BoxEdit::put_expunged(PagePtr before, Page after, std::span<const Entry> gone) {
    std::int64_t bytes = 0;
    for (auto& e : gone) {
        content_.counters.remove(e);
        bytes += e.size;
    }
    txn_.count(-static_cast<std::int64_t>(gone.size()), -bytes);
    auto& uidnext = content_.counters.uidnext;
    if (sabotaged(Sabotage::ReuseUid) && gone.back().uid.v + 1 == uidnext.v) --uidnext.v;
    delta_.expunged.insert(delta_.expunged.end(), gone.begin(), gone.end());
    const auto low = after.low;
    after.version = txn_.modseq();
    put_page(std::move(before),
             after.entries.empty() ? nullptr : std::make_shared<const Page>(std::move(after)), low);
}

Result<> BoxEdit::append(std::vector<Entry>& entries, Start start) {
    auto& counters = content_.counters;
    if (entries.size() > 0xFFFFFFF0u - counters.uidnext.v) {
        return fail(Why::Limit, "The mailbox has no UIDs left");
    }
    std::size_t done = 0;
    while (done < entries.size()) {
        const auto last = start == Start::LastPage ? index_.index().last() : std::nullopt;
        PagePtr before;
        Page after{.low = counters.uidnext, .version = {}, .entries = {}};
        if (last && index_.index().at(*last).count < kPageEntries) {
            before = TRY(page(index_.index().at(*last)));
            after = *before;
        }
        after.version = txn_.modseq();
        for (; done < entries.size() && after.entries.size() < kPageEntries; ++done) {
            auto& e = entries[done];
            e.uid = counters.uidnext;
            e.modseq = txn_.modseq();
            ++counters.uidnext.v;
            counters.add(e);
            txn_.count(1, e.size);
            after.entries.push_back(e);
        }
        const auto low = after.low;
        put_page(std::move(before), std::make_shared<const Page>(std::move(after)), low);
    }
    delta_.added.insert(delta_.added.end(), entries.begin(), entries.end());
    return {};
}

Keywords BoxEdit::known_keywords(const std::vector<std::string>& names) const {
    Keywords bits = 0;
    for (auto& name : names) {
        if (auto at = find_keyword(*properties_->keywords, name)) bits |= Keywords{1} << *at;
    }
    return bits;
}

Result<Keywords> BoxEdit::keywords(const std::vector<std::string>& names) {
    std::vector<std::string> all = *properties_->keywords;
    Keywords bits = 0;
    for (auto& name : names) {
        auto at = find_keyword(all, name);
        if (!at) {
            if (all.size() >= kMaxKeywords) {
                return fail(Why::Limit, "The mailbox has too many different keywords");
            }
            if (name.empty() || name.size() > kMaxKeywordBytes) {
                return fail(Why::Limit, "The keyword is too long");
            }
            at = all.size();
            all.push_back(name);
        }
        bits |= Keywords{1} << *at;
    }
    if (all.size() != properties_->keywords->size()) {
        auto properties = *properties_;
        properties.keywords = std::make_shared<const std::vector<std::string>>(std::move(all));
        const bool was_renamed = delta_.is_renamed;
        set_properties(std::move(properties));
        delta_.is_renamed = was_renamed;
        delta_.has_new_keywords = true;
    }
    return bits;
}

void BoxEdit::set_properties(Properties properties) {
    txn_.modseq();
    properties_ = std::make_shared<const Properties>(std::move(properties));
    has_new_properties_ = true;
    delta_.is_renamed = true;
}

void BoxEdit::remove() {
    txn_.modseq();
    txn_.count(-static_cast<std::int64_t>(content_.counters.messages),
               -static_cast<std::int64_t>(content_.counters.size));
    delta_.is_gone = true;
}

// The page may have gone; then all entries of the page before it are before the uid.
std::uint32_t BoxEdit::rank(Uid uid) {
    const auto place = index_.index().find(uid);
    if (!place) return 0;
    const auto& info = index_.index().at(*place);
    if (uid < info.low) return 0;
    auto changed = pages_.find(info.low);
    // A page that did not change has nothing of the delta: it is all before.
    const auto within = changed == pages_.end() ? info.count : changed->second.after->rank(uid);
    return place->before + static_cast<std::uint32_t>(within);
}

void BoxEdit::put_page_record(store::Batch& batch, const Page& page) const {
    const auto key = keys::page(slot_->mailbox, page.low);
    batch.put(Table::Records, key,
              sealed(kValueVersion, key, encode_page(page, txn_.core().account_id())));
}

void BoxEdit::write_ahead(std::span<const Entry> entries, store::Batch& batch) {
    auto page = pages_.lower_bound(entries.front().uid);
    for (; page != pages_.end() && page->first <= entries.back().uid; ++page) {
        put_page_record(batch, *page->second.after);
        page->second.is_written = true;
    }
}

void BoxEdit::write_pages(Core::Write& write) {
    for (auto& [low, page] : pages_) {
        if (!page.before && !page.after) continue;
        const auto index_key = keys::index(slot_->mailbox, low);
        if (page.after) {
            if (!page.is_written) put_page_record(write.batch, *page.after);
            write.batch.put(Table::Records, index_key,
                            sealed(kValueVersion, index_key, encode(info_of(*page.after))));
        } else {
            write.batch.erase(Table::Records, keys::page(slot_->mailbox, low));
            write.batch.erase(Table::Records, index_key);
        }
        write.pages.push_back({slot_->mailbox, low, page.before, page.after});
    }
}

void BoxEdit::log(ChangeRecord& change) const {
    using enum ChangeRecord::Kind;
    const auto n = slot_->mailbox;
    if (delta_.is_gone) {
        change.items.push_back({MailboxGone, n, {}, {}});
        return;
    }
    if (has_new_properties_) change.items.push_back({Mailbox, n, {}, {}});
    const auto uids_of = [](const std::vector<Entry>& entries) {
        UidSet uids;
        for (auto& e : entries) uids.add(e.uid);
        return uids;
    };
    if (!delta_.flagged.empty()) change.items.push_back({Flagged, n, uids_of(delta_.flagged), {}});
    if (!delta_.added.empty()) change.items.push_back({Added, n, uids_of(delta_.added), {}});
    if (!delta_.expunged.empty()) change.items.push_back({Expunged, n, {}, delta_.expunged});
}

Result<> BoxEdit::finish(Core::Write& write, Queued& queued, ChangeRecord& change, ModSeq modseq,
                         std::int64_t now) {
    const auto n = slot_->mailbox;
    if (!has_new_properties_ && !has_new_content_ && !delta_.is_gone) return {};
    log(change);
    auto& out = write.batch;
    if (delta_.is_gone) {
        out.erase(Table::Records, keys::properties(n));
        out.erase(Table::Records, keys::counters(n));
        queued.boxes.push_back(
            {slot_, PropertiesPtr(), nullptr, std::make_shared<const Delta>(std::move(delta_))});
        return {};
    }
    if (has_new_properties_) {
        const auto key = keys::properties(n);
        out.put(Table::Records, key, sealed(kValueVersion, key, encode(*properties_)));
    }
    if (has_new_content_) {
        content_.counters.highest_modseq = modseq;
        content_.index = index_.index();
        const auto key = keys::counters(n);
        out.put(
            Table::Records, key,
            sealed(kValueVersion, key, encode(content_.counters, txn_.core().recent_from(*slot_))));
        write_pages(write);
    }
    if (!delta_.expunged.empty()) {
        ExpungedRecord record{.at = now, .uids = {}};
        for (auto& e : delta_.expunged) record.uids.add(e.uid);
        const auto key = keys::expunged(n, modseq);
        out.put(Table::Records, key, sealed(kValueVersion, key, encode(record)));
    }
    for (auto& e : delta_.flagged) delta_.flagged_ranks.push_back(rank(e.uid));
    for (auto& e : delta_.expunged) delta_.expunged_ranks.push_back(rank(e.uid));
    delta_.modseq = content_.counters.highest_modseq;
    delta_.uidnext = content_.counters.uidnext;
    delta_.count = content_.counters.messages;
    delta_.keywords = properties_->keywords;
    queued.boxes.push_back(
        {slot_, has_new_properties_ ? std::optional(properties_) : std::nullopt,
         has_new_content_ ? std::make_shared<const Content>(std::move(content_)) : nullptr,
         std::make_shared<const Delta>(std::move(delta_))});
    return {};
}

}  // namespace rook::mailbox
