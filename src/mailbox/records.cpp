#include "mailbox/records.h"

#include "base/codec.h"

namespace rook::mailbox {
namespace {

std::unexpected<Error> damaged(const char* what) {
    return fail(Why::Corrupt, "Stored data is damaged", what);
}

std::uint32_t u32_of(std::uint64_t v, bool& ok) {
    ok = ok && v <= 0xFFFFFFFF;
    return static_cast<std::uint32_t>(v);
}

void write_set(Writer& out, const UidSet& set) {
    std::uint64_t ranges = 0;
    for ([[maybe_unused]] auto& range : set) ++ranges;
    out.varint(ranges);
    std::uint32_t last = 0;
    for (auto& range : set) {
        out.varint(range.first.v - last).varint(range.last.v - range.first.v);
        last = range.last.v;
    }
}

bool read_set(Reader& in, UidSet& set) {
    const auto ranges = in.varint();
    std::uint64_t last = 0;
    for (std::uint64_t i = 0; i < ranges && !in.failed(); ++i) {
        const auto gap = in.varint(), length = in.varint();
        if (gap > 0xFFFFFFFF || length > 0xFFFFFFFF || last + gap + length > 0xFFFFFFFF)
            return false;
        if (i > 0 && gap < 2) return false;  // ranges never touch: one spelling a set
        set.add(Uid{static_cast<std::uint32_t>(last + gap)},
                Uid{static_cast<std::uint32_t>(last + gap + length)});
        last += gap + length;
    }
    return !in.failed();
}

}  // namespace

std::string encode(const AccountRecord& r) {
    std::string out;
    Writer(out)
        .varint(r.modseq.v)
        .varint(r.next_id)
        .varint(r.last_uidvalidity)
        .varint(r.log_floor.v)
        .varint(r.bytes)
        .varint(r.messages);
    return out;
}

Result<AccountRecord> decode_account(std::string_view payload) {
    Reader in(payload);
    AccountRecord r;
    bool ok = true;
    r.modseq.v = in.varint();
    r.next_id = in.varint();
    r.last_uidvalidity = u32_of(in.varint(), ok);
    r.log_floor.v = in.varint();
    r.bytes = in.varint();
    r.messages = in.varint();
    if (!ok || in.failed() || !in.at_end() || r.next_id == 0) return damaged("account record");
    return r;
}

void Counters::add(const Entry& e) {
    ++messages;
    size += e.size;
    if (!(e.flags & kSeen)) ++unseen;
    if (e.flags & kDeleted) {
        ++deleted;
        deleted_size += e.size;
    }
}

void Counters::remove(const Entry& e) {
    --messages;
    size -= e.size;
    if (!(e.flags & kSeen)) --unseen;
    if (e.flags & kDeleted) {
        --deleted;
        deleted_size -= e.size;
    }
}

std::string encode(const Counters& c, Uid recent_from) {
    std::string out;
    Writer(out)
        .varint(c.uidnext.v)
        .varint(c.highest_modseq.v)
        .varint(c.messages)
        .varint(c.unseen)
        .varint(c.deleted)
        .varint(c.size)
        .varint(c.deleted_size)
        .varint(recent_from.v);
    return out;
}

Result<StoredCounters> decode_counters(std::string_view payload) {
    Reader in(payload);
    StoredCounters r;
    bool ok = true;
    r.counters.uidnext.v = u32_of(in.varint(), ok);
    r.counters.highest_modseq.v = in.varint();
    r.counters.messages = u32_of(in.varint(), ok);
    r.counters.unseen = u32_of(in.varint(), ok);
    r.counters.deleted = u32_of(in.varint(), ok);
    r.counters.size = in.varint();
    r.counters.deleted_size = in.varint();
    r.recent_from.v = u32_of(in.varint(), ok);
    if (!ok || in.failed() || !in.at_end() || r.counters.uidnext.v == 0) {
        return damaged("mailbox counters");
    }
    return r;
}

std::string encode(const Properties& p) {
    std::string out;
    Writer writer(out);
    writer.text(p.name)
        .u8(static_cast<std::uint8_t>(p.role))
        .varint(p.uidvalidity)
        .zigzag(p.created)
        .varint(p.keywords->size());
    for (auto& name : *p.keywords) writer.text(name);
    return out;
}

namespace {

// What is behind them is left in `in`.
Result<Properties> read_properties(Reader& in) {
    Properties p;
    bool ok = true;
    p.name = in.text();
    const auto role = in.u8();
    p.uidvalidity = u32_of(in.varint(), ok);
    p.created = in.zigzag();
    const auto count = in.varint();
    if (in.failed() || count > kMaxKeywords || role > static_cast<std::uint8_t>(Role::Important)) {
        return damaged("mailbox properties");
    }
    p.role = static_cast<Role>(role);
    std::vector<std::string> names(count);
    for (auto& name : names) name = in.text();
    if (!ok || in.failed()) return damaged("mailbox properties");
    p.keywords = std::make_shared<const std::vector<std::string>>(std::move(names));
    return p;
}

}  // namespace

Result<Properties> decode_properties(std::string_view payload) {
    Reader in(payload);
    auto p = TRY(read_properties(in));
    if (!in.at_end()) return damaged("mailbox properties");
    return p;
}

std::string encode(const DoomedRecord& r) {
    auto out = encode(r.properties);
    if (r.expunged != 0) Writer(out).varint(r.expunged);
    return out;
}

Result<DoomedRecord> decode_doomed(std::string_view payload) {
    Reader in(payload);
    DoomedRecord r{.properties = TRY(read_properties(in))};
    if (!in.at_end()) r.expunged = in.varint();
    if (in.failed() || !in.at_end()) return damaged("doomed entries");
    return r;
}

std::string encode(const PageInfo& info) {
    std::string out;
    Writer(out).u8(info.count).u8(info.unseen).u8(info.deleted).varint(info.version.v);
    return out;
}

Result<PageInfo> decode_page_info(std::string_view payload, Uid low) {
    Reader in(payload);
    PageInfo info{.low = low, .version = {}};
    info.count = in.u8();
    info.unseen = in.u8();
    info.deleted = in.u8();
    info.version.v = in.varint();
    if (in.failed() || !in.at_end() || info.count == 0 || info.count > kPageEntries ||
        info.unseen > info.count || info.deleted > info.count) {
        return damaged("page index");
    }
    return info;
}

std::string encode(const EmailRecord& r) {
    std::string out;
    Writer writer(out);
    writer.varint(r.thread.account.v)
        .varint(r.thread.n)
        .varint(r.size)
        .varint(r.body_chunks)
        .varint(r.summary_chunks)
        .zigzag(r.freed_at)
        .varint(r.places.size());
    for (auto& place : r.places) writer.varint(place.mailbox).varint(place.uid.v);
    return out;
}

Result<EmailRecord> decode_email(std::string_view payload) {
    Reader in(payload);
    EmailRecord r;
    bool ok = true;
    r.thread.account.v = in.varint();
    r.thread.n = in.varint();
    r.size = in.varint();
    r.body_chunks = u32_of(in.varint(), ok);
    r.summary_chunks = u32_of(in.varint(), ok);
    r.freed_at = in.zigzag();
    const auto places = in.varint();
    if (in.failed() || places > kMaxPlaces) return damaged("email record");
    r.places.resize(places);
    for (auto& place : r.places) {
        place.mailbox = in.varint();
        place.uid.v = u32_of(in.varint(), ok);
    }
    if (!ok || in.failed() || !in.at_end()) return damaged("email record");
    return r;
}

std::string encode(const ChangeRecord& r) {
    std::string out;
    Writer writer(out);
    writer.zigzag(r.at).varint(r.items.size());
    for (auto& item : r.items) {
        writer.u8(static_cast<std::uint8_t>(item.kind)).varint(item.mailbox);
        using enum ChangeRecord::Kind;
        if (item.kind == Added || item.kind == Flagged) write_set(writer, item.uids);
        if (item.kind != Expunged) continue;
        writer.varint(item.expunged.size());
        Entry last;
        for (auto& e : item.expunged) {
            writer.varint(e.uid.v - last.uid.v)
                .varint(e.email.account.v)
                .zigzag(static_cast<std::int64_t>(e.email.n - last.email.n));
            last = e;
        }
    }
    return out;
}

Result<ChangeRecord> decode_change(std::string_view payload) {
    Reader in(payload);
    ChangeRecord r;
    bool ok = true;
    r.at = in.zigzag();
    const auto items = in.varint();
    for (std::uint64_t i = 0; i < items && ok && !in.failed(); ++i) {
        const auto kind = in.u8();
        ChangeRecord::Item item{.kind = static_cast<ChangeRecord::Kind>(kind),
                                .mailbox = in.varint(),
                                .uids = {},
                                .expunged = {}};
        if (kind < 1 || kind > 6) return damaged("change record: kind");
        using enum ChangeRecord::Kind;
        if (item.kind == Added || item.kind == Flagged) ok = read_set(in, item.uids);
        const auto count = item.kind == Expunged ? in.varint() : 0;
        Entry last;
        for (std::uint64_t n = 0; n < count && !in.failed(); ++n) {
            last.uid.v = u32_of(last.uid.v + in.varint(), ok);
            last.email.account.v = in.varint();
            last.email.n += static_cast<std::uint64_t>(in.zigzag());
            item.expunged.push_back(last);
        }
        r.items.push_back(std::move(item));
    }
    if (!ok || in.failed() || !in.at_end()) return damaged("change record");
    return r;
}

std::string encode(const ExpungedRecord& r) {
    std::string out;
    Writer writer(out);
    writer.zigzag(r.at);
    write_set(writer, r.uids);
    return out;
}

Result<ExpungedRecord> decode_expunged(std::string_view payload) {
    Reader in(payload);
    ExpungedRecord r;
    r.at = in.zigzag();
    if (!read_set(in, r.uids) || !in.at_end()) return damaged("expunged record");
    return r;
}

std::string encode(const FreedRecord& r) {
    std::string out;
    Writer writer(out);
    writer.varint(r.mailbox).text(r.name).varint(r.uid.v).u8(r.flags).varint(r.keywords.size());
    for (auto& name : r.keywords) writer.text(name);
    writer.zigzag(r.received).zigzag(r.saved);
    return out;
}

Result<FreedRecord> decode_freed(std::string_view payload) {
    Reader in(payload);
    FreedRecord r;
    bool ok = true;
    r.mailbox = in.varint();
    r.name = in.text();
    r.uid.v = u32_of(in.varint(), ok);
    r.flags = in.u8();
    const auto keywords = in.varint();
    if (in.failed() || keywords > kMaxKeywords) return damaged("freed record");
    for (std::uint64_t i = 0; i < keywords; ++i) r.keywords.emplace_back(in.text());
    r.received = in.zigzag();
    r.saved = in.zigzag();
    if (!ok || in.failed() || !in.at_end()) return damaged("freed record");
    return r;
}

}  // namespace rook::mailbox
