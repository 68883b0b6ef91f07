#include "mailbox/remains.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/codec.h"
#include "mailbox/body.h"
#include "mailbox/keys.h"
#include "message/summary.h"

namespace rook::mailbox {

using store::Table;

namespace {

constexpr std::size_t kSummariesATime = 256;

std::unexpected<Error> damaged(const char* what) {
    return fail(Why::Corrupt, "Stored data is damaged", what);
}

// 0: any.
std::size_t key_bytes(char letter) {
    switch (letter) {
        case keys::kAccount:
        case keys::kFormat:
            return 1;
        case keys::kProperties:
        case keys::kDoomed:
        case keys::kCounters:
        case keys::kChange:
        case keys::kSubscription:
            return 9;
        case keys::kIndex:
        case keys::kPage:
            return 13;
        case keys::kEmail:
        case keys::kExpunged:
        case keys::kThread:
            return 17;
        case keys::kFree:
            return 25;
        default:
            return 0;
    }
}

class RemainsReader {
public:
    RemainsReader(const store::Store& store, AccountId id) : store_(store), id_(id) {}

    Result<Remains> read() {
        TRY(each_row(Table::Records, [&](auto key, auto payload) { return take(key, payload); }));
        for (auto& [n, pages] : pages_) {
            if (is_mailbox(n, pages)) lay_out(n, pages);
        }
        for (auto& [n, ranges] : expunged_) {
            out_.boxes[n].expunged = UidSet::from_unsorted(std::move(ranges));
        }
        for (auto& [email, at] : freed_) take_freed(out_.emails[email], at);
        TRY(read_bodies());
        TRY(read_summaries());
        TRY(read_signatures());
        return std::move(out_);
    }

private:
    using Pages = std::map<Uid, Page>;
    struct Freed {
        std::int64_t at = 0;
        bool is_whole = false;
        std::int64_t received = 0;
    };

    void lose(Table table, std::string_view key) { out_.rows.emplace(table, key); }
    void saw(ModSeq modseq) { out_.modseq = std::max(out_.modseq, modseq); }
    void saw(std::uint64_t id) { out_.id = std::max(out_.id, id); }
    void saw(EmailId email) {
        if (email.account == id_) saw(email.n);
    }
    Remains::Box& box(std::uint64_t n) {
        saw(n);
        return out_.boxes[n];
    }
    void saw(std::uint64_t box_number, Uid uid) {
        auto& last = box(box_number).last;
        last = std::max(last, uid);
    }

    // Each row with its payload; a damaged one is lost.
    template <class Each>
    Result<> each_row(Table table, const Each& each) {
        Result<> outcome;
        TRY(store_.scan(id_, table, {}, {}, [&](auto key, auto value) {
            const auto unsealed = unseal(key, value, kValueVersion);
            auto taken = unsealed ? each(key, unsealed->payload)
                                  : Result<>(std::unexpected(unsealed.error()));
            if (!taken && taken.error().why == Why::Corrupt) {
                lose(table, key);
                out_.damage.push_back(
                    fmt::format("record {}: {}", keys::to_text(key), taken.error().detail));
                return true;
            }
            outcome = std::move(taken);
            return outcome.has_value();
        }));
        return outcome;
    }

    Result<> take(std::string_view key, std::string_view payload) {
        const auto bytes = key_bytes(key[0]);
        if (bytes != 0 && bytes != key.size()) return damaged("key");
        Reader in(key.substr(1));
        switch (key[0]) {
            case keys::kFormat:
                if (payload.size() != 1) return damaged("format");
                if (static_cast<std::uint8_t>(payload[0]) > kFormatVersion) {
                    return fail(Why::Unsupported, "The account was written by a newer version");
                }
                out_.has_format = true;
                return {};
            case keys::kAccount:
                out_.account = TRY(decode_account(payload));
                saw(out_.account->modseq);
                saw(out_.account->next_id - 1);
                out_.uidvalidity = std::max(out_.uidvalidity, out_.account->last_uidvalidity);
                return {};
            case keys::kProperties:
                return take_properties(in.u64(), payload);
            case keys::kDoomed:
                return take_doomed(key, in.u64(), payload);
            case keys::kCounters:
                return take_counters(in.u64(), payload);
            case keys::kIndex:
                lose(Table::Records, key);
                return take_index(in, payload);
            case keys::kPage:
                lose(Table::Records, key);
                return take_page(in, payload);
            case keys::kEmail:
                return take_email(keys::read_email(in), payload);
            case keys::kFree:
                return take_free(in, payload);
            case keys::kChange:
                saw(ModSeq{in.u64()});
                lose(Table::Records, key);
                return {};
            case keys::kExpunged:
                lose(Table::Records, key);
                return take_expunged(in, payload);
            case keys::kSubscription:
                saw(in.u64());
                return {};
            case keys::kStaged:
                return take_staged(key, payload);
            default:
                return {};
        }
    }

    Result<> take_properties(std::uint64_t n, std::string_view payload) {
        auto& box = this->box(n);
        box.properties = TRY(decode_properties(payload));
        out_.uidvalidity = std::max(out_.uidvalidity, box.properties->uidvalidity);
        return {};
    }

    // Expunged entries are told from places that lost theirs by their UIDs, as those in the log.
    Result<> take_doomed(std::string_view key, std::uint64_t n, std::string_view payload) {
        saw(n);
        const auto record = TRY(decode_doomed(payload));
        out_.uidvalidity = std::max(out_.uidvalidity, record.properties.uidvalidity);
        if (record.expunged == 0) {
            box(n).is_doomed = true;
            return {};
        }
        lose(Table::Records, key);
        expunged_from_[n] = record.expunged;
        return {};
    }

    Result<> take_counters(std::uint64_t n, std::string_view payload) {
        auto& box = this->box(n);
        box.counters = TRY(decode_counters(payload));
        saw(box.counters->counters.highest_modseq);
        saw(n, Uid{box.counters->counters.uidnext.v - 1});
        return {};
    }

    Result<> take_index(Reader& in, std::string_view payload) {
        const auto n = in.u64();
        const Uid low{in.u32()};
        saw(n, low);
        indexed_[n].insert(low);
        saw(TRY(decode_page_info(payload, low)).version);
        return {};
    }

    Result<> take_page(Reader& in, std::string_view payload) {
        const auto n = in.u64();
        const Uid low{in.u32()};
        const auto from = expunged_from_.find(n);
        if (from != expunged_from_.end()) return take_expunged_page(from->second, low, payload);
        saw(n, low);
        auto& page = pages_[n][low] = TRY(decode_page(payload, id_, low));
        saw(page.version);
        for (auto& e : page.entries) {
            saw(e.modseq);
            saw(e.email);
        }
        saw(n, page.entries.back().uid);
        return {};
    }

    Result<> take_expunged_page(std::uint64_t n, Uid low, std::string_view payload) {
        const auto page = TRY(decode_page(payload, id_, low));
        saw(page.version);
        for (auto& e : page.entries) {
            saw(e.email);
            saw(n, e.uid);
            expunged_[n].push_back({e.uid, e.uid});
        }
        return {};
    }

    Result<> take_email(EmailId id, std::string_view payload) {
        saw(id);
        auto& email = out_.emails[id];
        email.record = TRY(decode_email(payload));
        email.has_record = true;
        if (email.record.thread.account == id_) saw(email.record.thread.n);
        for (auto& place : email.record.places) saw(place.mailbox, place.uid);
        return {};
    }

    Result<> take_free(Reader& in, std::string_view payload) {
        const auto at = static_cast<std::int64_t>(in.u64());
        const auto email = keys::read_email(in);
        saw(email);
        auto& all = freed_[email];
        all.push_back({.at = at});
        all.back().received = TRY(decode_freed(payload)).received;
        all.back().is_whole = true;
        return {};
    }

    Result<> take_expunged(Reader& in, std::string_view payload) {
        const auto n = in.u64();
        saw(ModSeq{in.u64()});
        const auto uids = TRY(decode_expunged(payload)).uids;
        for (auto& range : uids) expunged_[n].push_back(range);
        if (!uids.is_empty()) saw(n, uids.last());
        return {};
    }

    // A copy that a crash ended is undone here: what the sweep would do cannot be told any more
    // once the pages are written anew. Emails are left to it.
    Result<> take_staged(std::string_view key, std::string_view payload) {
        Reader in(key.substr(1));
        const auto kind = in.u8();
        if (kind == keys::kStagedEmail) staged_.insert(keys::read_email(in));
        if (kind != keys::kStagedCopy) return {};
        lose(Table::Records, key);
        const auto n = in.u64();
        const Uid first{in.u32()};
        const auto count = Reader(payload).varint();
        if (first.v == 0 || count == 0 || count > 0xFFFFFFFF - first.v) return damaged("copy");
        undo_copy(n, first, Uid{first.v + static_cast<std::uint32_t>(count) - 1});
        return {};
    }

    // Unless it became visible: then its pages are in the index.
    void undo_copy(std::uint64_t n, Uid first, Uid last) {
        saw(n, last);
        const auto& indexed = indexed_[n];
        const auto found = indexed.lower_bound(first);
        if (found != indexed.end() && *found <= last) return;
        auto& pages = pages_[n];
        pages.erase(pages.lower_bound(first), pages.upper_bound(last));
        for (auto& [id, email] : out_.emails) {
            const auto undone = std::erase_if(email.record.places, [&](const Place& place) {
                return place.mailbox == n && place.uid >= first && place.uid <= last;
            });
            email.is_changed = email.is_changed || undone > 0;
        }
    }

    // Pages that nothing else knows of are of expunged entries, whose D record is lost.
    bool is_mailbox(std::uint64_t n, const Pages& pages) {
        const auto& box = out_.boxes[n];
        if (box.properties || box.counters || box.is_doomed || !indexed_[n].empty()) return true;
        return std::ranges::any_of(pages, [&](auto& page) {
            return std::ranges::any_of(page.second.entries, [&](const Entry& e) {
                const auto& places = out_.emails[e.email].record.places;
                return std::ranges::find(places, Place{n, e.uid}) != places.end();
            });
        });
    }

    // A repair that was cut off leaves pages twice: the newer one holds.
    void lay_out(std::uint64_t n, const Pages& pages) {
        auto& entries = box(n).entries;
        for (auto& [low, page] : pages) {
            entries.insert(entries.end(), page.entries.begin(), page.entries.end());
        }
        std::ranges::sort(entries, [](const Entry& a, const Entry& b) {
            return std::pair(a.uid, b.modseq) < std::pair(b.uid, a.modseq);
        });
        const auto twice = std::ranges::unique(entries, {}, &Entry::uid);
        entries.erase(twice.begin(), twice.end());
        for (auto& e : entries) out_.emails[e.email].received = e.received;
    }

    // The newest record is the one that counts.
    void take_freed(Remains::Email& email, const std::vector<Freed>& all) {
        if (!email.has_record) email.record.freed_at = all.back().at;
        for (auto& freed : all) {
            if (email.received == 0) email.received = freed.received;
            if (freed.at == email.record.freed_at) email.is_free_listed = freed.is_whole;
        }
    }

    // Bodies in the order of their keys: each email's chunks together.
    struct Body {
        EmailId email;
        std::uint64_t size = 0, read = 0;
        std::uint32_t chunks = 0;
        bool is_good = true;
        std::vector<std::string> keys = {};
    };

    Result<> read_bodies() {
        Body body;
        Result<> outcome;
        TRY(store_.scan(id_, Table::Bodies, {}, {}, [&](auto key, auto value) {
            Reader in(key.substr(1));
            const auto email = keys::read_email(in);
            if (email != body.email) {
                end_body(body);
                body = {.email = email};
            }
            body.keys.emplace_back(key);
            const auto unsealed = unseal(key, value, kValueVersion);
            if (!unsealed && unsealed.error().why != Why::Corrupt) {
                outcome = std::unexpected(unsealed.error());
                return false;
            }
            body.is_good = body.is_good && unsealed && key == keys::body(email, body.chunks) &&
                           take_chunk(body, unsealed->payload);
            return true;
        }));
        end_body(body);
        return outcome;
    }

    static bool take_chunk(Body& body, std::string_view payload) {
        if (body.chunks++ == 0) {
            const auto first = decode_first_chunk(payload);
            if (!first) return false;
            body.size = first->size;
            payload = first->chunk;
        }
        const auto bytes = decode_chunk(payload);
        if (!bytes) return false;
        const auto wanted = std::min<std::uint64_t>(kBodyChunk, body.size - body.read);
        body.read += bytes->size();
        return bytes->size() == wanted;
    }

    void end_body(const Body& body) {
        if (body.keys.empty()) return;
        saw(body.email);
        const bool is_whole =
            body.is_good && body.read == body.size && body.chunks == body_chunks(body.size);
        if (!is_whole && staged_.contains(body.email)) return;
        // Whatever says that it is being staged is old.
        if (is_whole) lose(Table::Records, keys::staged_email(body.email));
        auto& email = out_.emails[body.email];
        if (is_whole) email.size = body.size;
        for (auto& key : body.keys) {
            if (!is_whole) {
                lose(Table::Bodies, key);
            } else if (!store_.lend(id_, Table::Bodies, key, [](auto) { return Result<>(); })) {
                out_.hidden.push_back(key);
            }
        }
    }

    Result<> read_summaries() {
        TRY(store_.scan(id_, Table::Summaries, {}, {}, [&](auto key, auto) {
            lose_without_body(Table::Summaries, key);
            return true;
        }));
        std::vector<EmailId> some;
        for (auto& [id, email] : out_.emails) {
            if (email.size) some.push_back(id);
            if (some.size() == kSummariesATime) TRY(look_at_summaries(some));
        }
        return look_at_summaries(some);
    }

    Result<> look_at_summaries(std::vector<EmailId>& some) {
        const auto summaries = load_summaries(store_, id_, some);
        for (std::size_t i = 0; i < some.size(); ++i) {
            if (!summaries[i]) {
                const auto why = summaries[i].error().why;
                if (why == Why::Corrupt || why == Why::Gone) continue;
                return std::unexpected(summaries[i].error());
            }
            const auto view = message::SummaryView::open(**summaries[i]);
            if (!view) continue;
            auto& email = out_.emails[some[i]];
            email.is_derived = true;
            email.record.summary_chunks = summary_chunks((*summaries[i])->size());
            if (email.received == 0) email.received = view->sent().value_or(0);
        }
        some.clear();
        return {};
    }

    Result<> read_signatures() {
        return store_.scan(id_, Table::Signatures, {}, {}, [&](auto key, auto value) {
            auto* email = lose_without_body(Table::Signatures, key);
            if (email && !unseal(key, value, kValueVersion)) email->is_derived = false;
            return true;
        });
    }

    // The email of the row, if there is a message.
    Remains::Email* lose_without_body(Table table, std::string_view key) {
        Reader in(key.substr(1));
        const auto id = keys::read_email(in);
        saw(id);
        auto& email = out_.emails[id];
        if (email.size) return &email;
        lose(table, key);
        return nullptr;
    }

    const store::Store& store_;
    const AccountId id_;
    Remains out_;
    std::map<std::uint64_t, Pages> pages_;
    std::map<std::uint64_t, std::set<Uid>> indexed_;
    std::map<std::uint64_t, std::uint64_t> expunged_from_;  // DoomedRecord: by its number
    std::map<std::uint64_t, std::vector<Range<Uid>>> expunged_;
    std::map<EmailId, std::vector<Freed>> freed_;  // rising times
    std::set<EmailId> staged_;
};

}  // namespace

Result<Remains> read_remains(const store::Store& store, AccountId id) {
    return RemainsReader(store, id).read();
}

}  // namespace rook::mailbox
