#include "mailbox/page.h"

#include <algorithm>

#include "base/codec.h"

namespace rook::mailbox {
namespace {

// Above the five system flags in an entry's first byte.
constexpr std::uint8_t kSystemFlags = kSeen | kAnswered | kFlagged | kDeleted | kDraft;
constexpr std::uint8_t kHasKeywords = 0x40, kIsForeign = 0x80;

// Neighbours are alike: each number is written as its distance from the entry before.
struct Previous {
    std::uint64_t uid, email = 0, modseq;
    std::int64_t received = 0, saved = 0;
};

std::int64_t distance(std::uint64_t to, std::uint64_t from) {
    return static_cast<std::int64_t>(to - from);
}
std::int64_t distance(std::int64_t to, std::int64_t from) {
    return distance(static_cast<std::uint64_t>(to), static_cast<std::uint64_t>(from));
}
// Wraps instead of overflowing: the bytes may be anything.
std::uint64_t moved(std::uint64_t from, std::int64_t by) {
    return from + static_cast<std::uint64_t>(by);
}
std::int64_t moved(std::int64_t from, std::int64_t by) {
    return static_cast<std::int64_t>(moved(static_cast<std::uint64_t>(from), by));
}

void write_entry(Writer& out, const Entry& e, AccountId account, Previous& last) {
    const bool is_foreign = e.email.account != account;
    std::uint8_t head = e.flags & kSystemFlags;
    if (e.keywords != 0) head |= kHasKeywords;
    if (is_foreign) head |= kIsForeign;
    out.u8(head).varint(e.uid.v - last.uid).zigzag(distance(e.email.n, last.email));
    if (is_foreign) out.varint(e.email.account.v);
    if (e.keywords != 0) out.varint(e.keywords);
    out.varint(e.size)
        .zigzag(distance(e.modseq.v, last.modseq))
        .zigzag(distance(e.received, last.received))
        .zigzag(distance(e.saved, last.saved));
    last = {e.uid.v, e.email.n, e.modseq.v, e.received, e.saved};
}

bool read_entry(Reader& in, Entry& e, AccountId account, Previous& last, bool is_first) {
    const auto head = in.u8();
    const auto step = in.varint();
    if (step > 0xFFFFFFFF - last.uid || (step == 0 && !is_first)) return false;
    e.flags = head & kSystemFlags;
    e.uid = Uid{static_cast<std::uint32_t>(last.uid + step)};
    e.email.n = moved(last.email, in.zigzag());
    e.email.account = head & kIsForeign ? AccountId{in.varint()} : account;
    if (head & kHasKeywords) e.keywords = in.varint();
    const auto size = in.varint();
    if (size > 0xFFFFFFFF) return false;
    e.size = static_cast<std::uint32_t>(size);
    e.modseq.v = moved(last.modseq, in.zigzag());
    e.received = moved(last.received, in.zigzag());
    e.saved = moved(last.saved, in.zigzag());
    last = {e.uid.v, e.email.n, e.modseq.v, e.received, e.saved};
    return !in.failed();
}

}  // namespace

std::size_t Page::rank(Uid uid) const {
    auto at = std::lower_bound(entries.begin(), entries.end(), uid,
                               [](const Entry& e, Uid u) { return e.uid < u; });
    return static_cast<std::size_t>(at - entries.begin());
}

const Entry* Page::find(Uid uid) const {
    auto at = rank(uid);
    return at < entries.size() && entries[at].uid == uid ? &entries[at] : nullptr;
}

PageInfo info_of(const Page& page) {
    PageInfo info{.low = page.low,
                  .count = static_cast<std::uint8_t>(page.entries.size()),
                  .version = page.version};
    for (auto& e : page.entries) {
        info.unseen += (e.flags & kSeen) == 0;
        info.deleted += (e.flags & kDeleted) != 0;
    }
    return info;
}

std::string encode_page(const Page& page, AccountId account) {
    std::string out;
    out.reserve(16 + page.entries.size() * 24);
    Writer writer(out);
    writer.varint(page.version.v).varint(page.entries.size());
    Previous last{.uid = page.low.v, .modseq = page.version.v};
    for (auto& e : page.entries) write_entry(writer, e, account, last);
    return out;
}

Result<Page> decode_page(std::string_view payload, AccountId account, Uid low) {
    Reader in(payload);
    Page page{.low = low, .version = ModSeq{in.varint()}, .entries = {}};
    const auto count = in.varint();
    if (in.failed() || low.v == 0 || count == 0 || count > kPageEntries) {
        return fail(Why::Corrupt, "Stored data is damaged", "page: count");
    }
    page.entries.resize(count);
    Previous last{.uid = low.v, .modseq = page.version.v};
    for (std::size_t i = 0; i < count; ++i) {
        if (!read_entry(in, page.entries[i], account, last, i == 0)) {
            return fail(Why::Corrupt, "Stored data is damaged", "page: entry");
        }
    }
    if (!in.at_end()) return fail(Why::Corrupt, "Stored data is damaged", "page: trailing bytes");
    return page;
}

}  // namespace rook::mailbox
