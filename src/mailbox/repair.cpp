#include "mailbox/repair.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/codec.h"
#include "mailbox/body.h"
#include "mailbox/keys.h"
#include "mailbox/names.h"
#include "mailbox/remains.h"
#include "mailbox/restore.h"
#include "mailbox/signature.h"
#include "message/parser.h"

namespace rook::mailbox {

using store::Table;

namespace {

constexpr std::uint64_t kPiece = 256 * 1024;
// Of mailboxes whose names are lost, and of messages that no mailbox has: in a place of its own old
// mail does not mix with what is new in INBOX.
constexpr std::string_view kRecovered = "Recovered";
// What was lost may have had higher numbers than what is left. A restore of a backup from before
// the repair moves on by a whole room, and so leaps over what was given out since.
constexpr std::uint64_t kModSeqStep = kModSeqRoom / 16, kIdStep = kIdRoom / 16;
constexpr std::uint32_t kUidStep = kUidRoom / 16;

// So that there is always one to give out next.
constexpr Uid kLastUid{0xFFFFFFF0};

// Batch by batch, each durable before the next.
class Output {
public:
    Output(store::Store& store, AccountId id, std::size_t bytes)
        : store_(store), id_(id), bytes_(bytes) {}

    Result<> put(Table table, const std::string& key, std::string_view payload) {
        return put_sealed(table, key, sealed(kValueVersion, key, payload));
    }
    Result<> erase(Table table, const std::string& key) {
        batch_.erase(table, key);
        return batch_.bytes() < bytes_ ? Result<>() : flush();
    }
    Result<> put_sealed(Table table, std::string_view key, std::string_view value) {
        batch_.put(table, key, value);
        return batch_.bytes() < bytes_ ? Result<>() : flush();
    }
    Result<> flush() {
        if (batch_.is_empty()) return {};
        return store_.commit(id_, std::exchange(batch_, {}));
    }

private:
    store::Store& store_;
    const AccountId id_;
    const std::size_t bytes_;  // a batch
    store::Batch batch_;
};

class Repair {
public:
    Repair(store::Store& store, AccountId id, std::int64_t now, Remains remains,
           std::size_t batch_bytes)
        : store_(store),
          id_(id),
          now_(now),
          remains_(std::move(remains)),
          out_(store, id, batch_bytes) {}

    Result<std::vector<std::string>> run() {
        // Until it is whole, whoever looks finds the account in need of a repair.
        TRY(put(keys::repairing(), {}));
        TRY(out_.flush());
        for (auto& key : remains_.hidden) TRY(write_again(key));
        TRY(out_.flush());
        TRY(derive_summaries());
        move_numbers();
        join_entries();
        join_places();
        name_boxes();
        move_uids();
        place_the_rest();
        TRY(write_emails());
        for (auto& [n, box] : remains_.boxes) TRY(write_box(n, box));
        TRY(write_rest());
        return said();
    }

private:
    using Box = Remains::Box;
    using Email = Remains::Email;
    struct Told {
        std::uint64_t mailbox;  // 0: none
        Uid uid;                // 0: none
        std::string what;
    };

    void tell(std::uint64_t mailbox, Uid uid, std::string what) {
        told_.push_back({mailbox, uid, std::move(what)});
    }
    Result<> put(const std::string& key, std::string_view payload) {
        remains_.rows.erase({Table::Records, key});
        return out_.put(Table::Records, key, payload);
    }

    Result<> write_again(const std::string& key) {
        std::string value;
        TRY(store_.scan(id_, Table::Bodies, key, key + '\0', [&](auto, auto found) {
            value = found;
            return true;
        }));
        return out_.put_sealed(Table::Bodies, key, value);
    }

    // As a delivery makes them.
    Result<> derive_summaries() {
        std::uint64_t count = 0;
        for (auto& [id, email] : remains_.emails) {
            if (!email.size || email.is_derived) continue;
            TRY(derive_summary(id, email));
            ++count;
        }
        if (count != 0) tell(0, {}, fmt::format("summaries made anew: {}", count));
        return {};
    }
    Result<> derive_summary(EmailId id, Email& email) {
        const auto source = TRY(open_body(store_, id_, id));
        message::Parser parser;
        for (std::uint64_t at = 0; at < source->size();) {
            const auto piece = TRY(source->read(at, kPiece));
            parser.feed(piece);
            at += piece.size();
        }
        const auto summary = parser.finish();
        const auto chunks = split_summary(message::encode(summary));
        for (std::uint32_t i = 0; i < chunks.size(); ++i) {
            TRY(out_.put(Table::Summaries, keys::summary(id, i), chunks[i]));
        }
        const auto signature = make_signature(summary, *source);
        const auto key = keys::signature(id);
        TRY(signature.empty() ? out_.erase(Table::Signatures, key)
                              : out_.put(Table::Signatures, key, signature));
        email.record.summary_chunks = static_cast<std::uint32_t>(chunks.size());
        email.is_changed = true;
        if (email.received == 0) email.received = summary.sent.value_or(0);
        return {};
    }

    void move_numbers() {
        if (!remains_.account || !remains_.has_format) {
            tell(0, {}, "the account's own record was lost: made anew");
        }
        record_.modseq.v = remains_.modseq.v + kModSeqStep;
        record_.log_floor = record_.modseq;
        // The two have moved together: after a restore no email may have had the newest ids.
        record_.next_id = std::max(remains_.id, remains_.modseq.v) + 1 + kIdStep;
        record_.last_uidvalidity = remains_.uidvalidity;
    }
    std::uint32_t new_uidvalidity() {
        auto& last = record_.last_uidvalidity;
        return last = std::max(last + 1, static_cast<std::uint32_t>(now_));
    }

    // Every entry's email gets to know its place, unless the entry is an old one: no UID that was
    // expunged is given out again.
    void join_entries() {
        for (auto& [n, box] : remains_.boxes) {
            std::erase_if(box.entries, [&](const Entry& e) {
                if (box.expunged.contains(e.uid) || e.uid > kLastUid) return true;
                const Place place{n, e.uid};
                auto& email = remains_.emails.at(e.email);
                auto& places = email.record.places;
                if (std::ranges::find(places, place) != places.end()) return false;
                if (places.size() == kMaxPlaces) return true;
                places.push_back(place);
                email.is_changed = true;
                return false;
            });
        }
    }

    // Every email's places get their entries back, unless they are old.
    void join_places() {
        std::map<std::uint64_t, std::map<Uid, Entry>> back;
        for (auto& [id, email] : remains_.emails) {
            if (!email.size) {
                lose(id, email);
                continue;
            }
            std::erase_if(email.record.places, [&](const Place& place) {
                const auto& box = remains_.boxes.at(place.mailbox);
                const auto* entry = find(box, place.uid);
                if (entry && entry->email == id) return false;
                const bool was_expunged = box.expunged.contains(place.uid);
                if (was_expunged && email.record.freed_at == 0) email.record.freed_at = now_;
                const bool is_back =
                    !entry && !was_expunged && place.uid.v != 0 && place.uid <= kLastUid &&
                    back[place.mailbox].try_emplace(place.uid, entry_of(id, email)).second;
                email.is_changed = email.is_changed || !is_back;
                return !is_back;
            });
        }
        for (auto& [n, box] : remains_.boxes) {
            std::erase_if(box.entries,
                          [&](const Entry& e) { return !remains_.emails.at(e.email).size; });
            for (auto& e : box.entries) {
                e.size = static_cast<std::uint32_t>(*remains_.emails.at(e.email).size);
            }
            for (auto& [uid, entry] : back[n]) {
                tell(n, uid, "came back, its flags are lost");
                box.entries.push_back(entry);
                box.entries.back().uid = uid;
            }
            std::ranges::sort(box.entries, {}, &Entry::uid);
        }
    }
    static const Entry* find(const Box& box, Uid uid) {
        const auto found = std::ranges::lower_bound(box.entries, uid, {}, &Entry::uid);
        return found != box.entries.end() && found->uid == uid ? &*found : nullptr;
    }
    static Entry entry_of(EmailId id, const Email& email) {
        return {.uid = {},
                .size = static_cast<std::uint32_t>(*email.size),
                .email = id,
                .modseq = {},
                .received = email.received,
                .saved = email.received};
    }

    void lose(EmailId id, const Email& email) {
        auto what = fmt::format("email {} is gone: its message is damaged", to_text(id));
        const auto summary = load_summaries(store_, id_, {id});
        const auto view = summary[0] ? message::SummaryView::open(**summary[0])
                                     : std::unexpected(summary[0].error());
        if (view) what += fmt::format("; its subject was: {}", view->subject());
        for (auto& place : email.record.places) tell(place.mailbox, place.uid, what);
        if (email.record.places.empty()) tell(0, {}, what);
        if (email.has_record) remains_.rows.emplace(Table::Records, keys::email(id));
    }

    // Every mailbox that has messages, and INBOX, are there under names of their own.
    void name_boxes() {
        bool is_first = true;
        for (auto& [n, box] : remains_.boxes) {
            if (box.is_doomed) box.properties.reset();
            if (!box.properties) remains_.rows.emplace(Table::Records, keys::properties(n));
            if (box.properties && !names_.emplace(box.properties->name, n).second) {
                set_name(n, box, box.properties->name);
            }
        }
        for (auto& [n, box] : remains_.boxes) {
            const bool is_nameless = !box.is_doomed && !box.properties;
            // An account's first mailbox is its INBOX.
            if (is_nameless && is_first && !names_.contains(kInbox) &&
                (box.counters || !box.entries.empty())) {
                make_box(n, box, kInbox);
            } else if (is_nameless && !box.entries.empty()) {
                make_box(n, box, kRecovered);
            } else if (is_nameless && box.counters) {
                tell(0, {}, "an empty mailbox is gone, its name was lost");
            }
            if (!box.properties) remains_.rows.emplace(Table::Records, keys::counters(n));
            is_first = is_first && !box.properties && !box.is_doomed;
            clear_keywords(n, box);
        }
        if (!names_.contains(kInbox)) add_box(kInbox);
    }
    void set_name(std::uint64_t n, Box& box, std::string_view wanted) {
        std::string name(wanted);
        for (int i = 2; !names_.emplace(name, n).second; ++i) {
            name = fmt::format("{} {}", wanted, i);
        }
        if (name != wanted) tell(n, {}, fmt::format("there is another {}", wanted));
        box.properties->name = name;
    }
    void make_box(std::uint64_t n, Box& box, std::string_view name) {
        box.properties = {.name = {},
                          .role = name == kInbox ? Role::Inbox : Role::None,
                          .uidvalidity = new_uidvalidity(),
                          .created = now_};
        set_name(n, box, name);
        tell(n, {}, "its name and use were lost: made anew");
    }
    std::uint64_t add_box(std::string_view name) {
        const auto n = record_.next_id++;
        make_box(n, remains_.boxes[n], name);
        return n;
    }
    // A bit without a name would become some later keyword's.
    void clear_keywords(std::uint64_t n, Box& box) {
        const auto count = box.properties ? box.properties->keywords->size() : kMaxKeywords;
        if (count == kMaxKeywords) return;
        const auto known = (Keywords{1} << count) - 1;
        bool is_lost = false;
        for (auto& e : box.entries) {
            is_lost = is_lost || (e.keywords & ~known) != 0;
            e.keywords &= known;
        }
        if (is_lost) tell(n, {}, "keywords of messages are lost");
    }

    // Behind all that may have been given out. Of an empty mailbox without counters nothing tells
    // how many there were.
    void move_uids() {
        for (auto& [n, box] : remains_.boxes) {
            if (!box.properties) continue;
            if (box.counters && box.last.v < kLastUid.v - kUidStep) {
                box.last.v += kUidStep;
            } else {
                box.last = std::min(box.last, kLastUid);
                box.properties->uidvalidity = new_uidvalidity();
            }
        }
    }

    // Emails without a place: expunged ones wait on the free list, others come back.
    void place_the_rest() {
        for (auto& [id, email] : remains_.emails) {
            if (!email.size) continue;
            auto& record = email.record;
            if (record.places.empty() && record.freed_at == 0) bring_back(id, email);
            if (record.places.empty() || record.freed_at == 0) continue;
            record.freed_at = 0;
            email.is_changed = true;
        }
    }
    void bring_back(EmailId id, Email& email) {
        const auto found = names_.find(kRecovered);
        const auto n = found == names_.end() ? add_box(kRecovered) : found->second;
        auto& box = remains_.boxes[n];
        auto& e = box.entries.emplace_back(entry_of(id, email));
        e.uid = box.last = Uid{box.last.v + 1};
        e.saved = now_;
        email.record.places.push_back({n, e.uid});
        email.is_changed = true;
        tell(n, e.uid, "came back, no mailbox had it");
    }

    Result<> write_emails() {
        std::uint64_t lost = 0;
        for (auto& [id, email] : remains_.emails) {
            if (!email.size) continue;
            auto& record = email.record;
            if (!email.has_record) {
                record.thread = ThreadId{id.account, id.n};
                ++lost;
            }
            const auto chunks = body_chunks(*email.size);
            const bool is_new = !email.has_record || email.is_changed ||
                                record.size != *email.size || record.body_chunks != chunks;
            record.size = *email.size;
            record.body_chunks = chunks;
            if (is_new) TRY(put(keys::email(id), encode(record)));
            if (record.freed_at == 0 || email.is_free_listed) continue;
            FreedRecord freed;
            freed.name = kInbox;
            TRY(put(keys::free(record.freed_at, id), encode(freed)));
        }
        if (lost != 0) {
            tell(0, {}, fmt::format("emails that are conversations of their own now: {}", lost));
        }
        return {};
    }

    Result<> write_box(std::uint64_t n, Box& box) {
        Counters counters{.highest_modseq = record_.modseq};
        for (std::size_t at = 0; at < box.entries.size(); at += kPageEntries) {
            const auto some = std::span(box.entries)
                                  .subspan(at)
                                  .first(std::min(kPageEntries, box.entries.size() - at));
            Page page{.low = some.front().uid, .version = record_.modseq, .entries = {}};
            for (auto& e : some) {
                e.modseq = record_.modseq;
                counters.add(e);
                page.entries.push_back(e);
            }
            TRY(put(keys::page(n, page.low), encode_page(page, id_)));
            TRY(put(keys::index(n, page.low), encode(info_of(page))));
        }
        if (!box.properties) return {};
        record_.messages += counters.messages;
        record_.bytes += counters.size;
        counters.uidnext.v = box.last.v + 1;
        const auto recent_from = box.counters ? box.counters->recent_from : counters.uidnext;
        // In this order: without counters the mailbox gets another UIDVALIDITY once more.
        TRY(put(keys::properties(n), encode(*box.properties)));
        return put(keys::counters(n), encode(counters, recent_from));
    }

    // In the order of their keys the pages go before the records of what was expunged, which tell
    // their entries for old ones; bodies go last.
    Result<> write_rest() {
        for (auto& [table, key] : remains_.rows) TRY(out_.erase(table, key));
        TRY(out_.flush());
        TRY(out_.put(Table::Records, keys::format(),
                     std::string(1, static_cast<char>(kFormatVersion))));
        TRY(out_.put(Table::Records, keys::account(), encode(record_)));
        TRY(out_.erase(Table::Records, keys::repairing()));
        return out_.flush();
    }

    std::vector<std::string> said() {
        auto all = std::move(remains_.damage);
        for (auto& [n, uid, what] : told_) {
            const auto& box = remains_.boxes[n];
            auto where = box.properties ? "mailbox " + box.properties->name + ": "
                         : n != 0       ? fmt::format("mailbox {}: ", n)
                                        : "";
            if (uid.v != 0) where += fmt::format("uid {}: ", uid.v);
            all.push_back(where + what);
        }
        if (all.empty()) all.emplace_back("counted and listed anew; nothing is lost");
        return all;
    }

    store::Store& store_;
    const AccountId id_;
    const std::int64_t now_;
    Remains remains_;
    Output out_;
    AccountRecord record_;
    std::map<std::string, std::uint64_t, std::less<>> names_;
    std::vector<Told> told_;
};

}  // namespace

Result<std::vector<std::string>> repair_account(store::Store& store, AccountId id, std::int64_t now,
                                                std::size_t batch_bytes) {
    return Repair(store, id, now, TRY(read_remains(store, id)), batch_bytes).run();
}

}  // namespace rook::mailbox
