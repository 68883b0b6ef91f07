// Pages, the page index and the small records: what is written is read back, and bytes that make no
// sense are refused.
#include "mailbox/page.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "mailbox/page_index.h"
#include "mailbox/range_cursor.h"
#include "mailbox/records.h"

namespace rook::mailbox {
namespace {

constexpr AccountId kMe{7};

std::string text(const Entry& e) {
    std::string out;
    for (auto v : {std::uint64_t{e.uid.v}, std::uint64_t{e.flags}, std::uint64_t{e.size},
                   e.email.account.v, e.email.n, e.keywords, e.modseq.v,
                   static_cast<std::uint64_t>(e.received), static_cast<std::uint64_t>(e.saved)}) {
        out += std::to_string(v) + " ";
    }
    return out;
}

Page random_page(Random& random) {
    Page page{.low = Uid{static_cast<std::uint32_t>(random.below(1000) + 1)},
              .version = ModSeq{random.u64() >> 2},
              .entries = {}};
    auto uid = page.low.v;
    for (auto n = random.below(kPageEntries) + 1; n > 0; --n) {
        Entry e;
        e.uid = Uid{uid};
        uid += static_cast<std::uint32_t>(random.below(100) + 1);
        e.flags = static_cast<Flags>(random.below(32));
        e.size = static_cast<std::uint32_t>(random.u64());
        e.email = {random.below(5) ? kMe : AccountId{random.u64()}, random.u64()};
        if (random.below(3) == 0) e.keywords = random.u64();
        e.modseq = ModSeq{random.u64()};
        // Two of them are further apart than a number reaches.
        e.received = static_cast<std::int64_t>(random.u64());
        e.saved = static_cast<std::int64_t>(random.u64());
        page.entries.push_back(e);
    }
    return page;
}

TEST(Page, RoundTrips) {
    auto random = make_seeded_random(3);
    for (int i = 0; i < 300; ++i) {
        const auto page = random_page(*random);
        const auto bytes = encode_page(page, kMe);
        const auto back = decode_page(bytes, kMe, page.low);
        ASSERT_TRUE(back) << back.error().detail;
        EXPECT_EQ(back->version, page.version);
        ASSERT_EQ(back->entries.size(), page.entries.size());
        for (std::size_t k = 0; k < page.entries.size(); ++k) {
            ASSERT_EQ(text(back->entries[k]), text(page.entries[k]));
        }
    }
}

// docs/formats/mailbox.md
TEST(Page, TheExampleInTheManual) {
    Page page{.low = Uid{1}, .version = ModSeq{7}, .entries = {}};
    Entry e;
    e.uid = Uid{1};
    e.flags = kSeen;
    e.size = 74;
    e.email = {kMe, 13};
    e.modseq = ModSeq{7};
    e.received = e.saved = 1'700'000'000;
    page.entries.push_back(e);
    std::string hex;
    for (unsigned char c : encode_page(page, kMe)) {
        hex += "0123456789abcdef"[c >> 4];
        hex += "0123456789abcdef"[c & 15];
    }
    EXPECT_EQ(hex,
              "07"
              "01"
              "01"
              "00"
              "1a"
              "4a"
              "00"
              "80c49fd50c"
              "80c49fd50c");
}

TEST(Page, UsualMailIsSmall) {
    Page page{.low = Uid{100}, .version = ModSeq{5000}, .entries = {}};
    for (std::uint32_t i = 0; i < kPageEntries; ++i) {
        Entry e;
        e.uid = Uid{100 + i};
        e.size = 10'000 + i;
        e.email = {kMe, 7000 + i};
        e.modseq = ModSeq{4900 + i};
        e.received = e.saved = 1'700'000'000 + 60 * i;
        page.entries.push_back(e);
    }
    EXPECT_LT(encode_page(page, kMe).size(), kPageEntries * 13);
}

TEST(Page, DamageIsRefusedNotBelieved) {
    auto random = make_seeded_random(4);
    int refused = 0;
    for (int i = 0; i < 3000; ++i) {
        const auto page = random_page(*random);
        auto bytes = encode_page(page, kMe);
        if (random->below(2)) {
            bytes.resize(random->below(bytes.size()));
        } else {
            bytes[random->below(bytes.size())] = static_cast<char>(random->u64());
        }
        const auto back = decode_page(bytes, kMe, page.low);
        if (!back) {
            ++refused;
            continue;
        }
        // Whatever is taken keeps a page's promises.
        ASSERT_FALSE(back->entries.empty());
        ASSERT_LE(back->entries.size(), kPageEntries);
        for (std::size_t k = 0; k < back->entries.size(); ++k) {
            ASSERT_GE(back->entries[k].uid, page.low);
            if (k > 0) ASSERT_GT(back->entries[k].uid, back->entries[k - 1].uid);
        }
    }
    EXPECT_GT(refused, 1500);
    EXPECT_EQ(decode_page("", kMe, Uid{1}).error().why, Why::Corrupt);
    const auto first = encode_page(Page{.low = Uid{0}, .version = ModSeq{1}, .entries = {{}}}, kMe);
    EXPECT_FALSE(decode_page(first, kMe, Uid{0})) << "no message has the UID 0";
}

// The index against a plain list.
TEST(PageIndex, FollowsAList) {
    auto random = make_seeded_random(5);
    PageIndex index;
    std::map<std::uint32_t, PageInfo> model;
    std::uint32_t next_low = 1;
    for (int step = 0; step < 2000; ++step) {
        IndexEditor editor(index);
        const auto before = index;
        const auto old_count = before.entry_count();
        for (auto edits = random->below(4) + 1; edits > 0; --edits) {
            const auto dice = random->below(10);
            PageInfo info{.low = Uid{next_low},
                          .count = static_cast<std::uint8_t>(random->below(64) + 1),
                          .unseen = 1,
                          .deleted = 0,
                          .version = ModSeq{static_cast<std::uint64_t>(step)}};
            if (dice < 5 || model.empty()) {
                next_low += 64 + static_cast<std::uint32_t>(random->below(100));
            } else {
                auto some = model.lower_bound(static_cast<std::uint32_t>(random->below(next_low)));
                if (some == model.end()) some = model.begin();
                info.low = Uid{some->first};
                if (dice < 8) {
                    editor.erase(info.low);
                    model.erase(some);
                    continue;
                }
            }
            editor.put(info);
            model[info.low.v] = info;
        }
        index = editor.index();
        ASSERT_EQ(before.entry_count(), old_count) << "a snapshot never changes";
        ASSERT_EQ(index.page_count(), model.size());
        if (step % 20 != 0) continue;
        std::uint32_t entries = 0;
        auto place = index.first();
        for (auto& [low, info] : model) {
            ASSERT_TRUE(place);
            ASSERT_EQ(index.at(*place), info);
            ASSERT_EQ(place->before, entries);
            const auto found = index.find(Uid{low + static_cast<std::uint32_t>(random->below(64))});
            ASSERT_EQ(index.at(*found).low.v, low);
            ASSERT_EQ(found->before, entries);
            ASSERT_EQ(index.at(*index.find_nth(entries + info.count - 1)).low.v, low);
            entries += info.count;
            place = index.next(*place);
        }
        EXPECT_FALSE(place);
        EXPECT_EQ(index.entry_count(), entries);
        EXPECT_FALSE(index.find_nth(entries));
        std::vector<PageInfo> pages;
        for (auto& [low, info] : model) pages.push_back(info);
        EXPECT_EQ(PageIndex(pages).entry_count(), entries) << "as it is loaded";
    }
    EXPECT_GT(model.size(), 2 * kNodePages);
}

TEST(RangeCursor, AnswersAsTheSetDoes) {
    auto random = make_seeded_random(6);
    for (int round = 0; round < 200; ++round) {
        std::vector<Range<Uid>> ranges;
        for (auto n = random->below(6); n > 0; --n) {
            const auto first = static_cast<std::uint32_t>(random->below(100) + 1);
            ranges.push_back(
                {Uid{first}, Uid{first + static_cast<std::uint32_t>(random->below(10))}});
        }
        const auto set = UidSet::from_unsorted(ranges);
        RangeCursor<Uid> cursor(set);
        for (int i = 0; i < 100; ++i) {
            const auto back =
                static_cast<std::uint32_t>(random->below(30) == 0 ? random->below(100) : i + 1);
            ASSERT_EQ(cursor.contains(Uid{back}), set.contains(Uid{back}));
            std::optional<Uid> next;
            for (auto v = back + 1; v < 130 && !next; ++v) {
                if (set.contains(Uid{v})) next = Uid{v};
            }
            ASSERT_EQ(cursor.next_after(Uid{back}), next);
            ASSERT_EQ(cursor.touches(Uid{back}, Uid{back + 5}),
                      set.contains(Uid{back}) || (next && next->v <= back + 5));
        }
    }
}

// --- records: read back, and refused when cut or longer ---

template <class Record, class Decode>
void check_record(const Record& record, const Decode& decode, const char* name) {
    const auto bytes = encode(record);
    const auto back = decode(bytes);
    ASSERT_TRUE(back) << name;
    EXPECT_EQ(encode(*back), bytes) << name;
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        EXPECT_FALSE(decode(std::string_view(bytes).substr(0, n))) << name << " cut to " << n;
    }
    EXPECT_FALSE(decode(bytes + "x")) << name;
}

TEST(Records, RoundTrip) {
    check_record(AccountRecord{ModSeq{300}, 70000, 1'700'000'000, ModSeq{5}, 1ull << 40, 12},
                 decode_account, "A");
    Properties properties{
        .name = "Entw\xc3\xbcrfe", .role = Role::Drafts, .uidvalidity = 9, .created = -4};
    properties.keywords =
        std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"$A", "b"});
    check_record(properties, decode_properties, "N");
    check_record(
        EmailRecord{
            {kMe, 400}, 1ull << 33, 9, 2, 1'700'000'000, {{3, Uid{4}}, {1000, Uid{0xFFFFFFFF}}}},
        decode_email, "E");
    UidSet set;
    set.add(Uid{1}, Uid{300});
    set.add(Uid{0xFFFFFFF0}, Uid{0xFFFFFFFF});
    check_record(ExpungedRecord{1'700'000'000, set}, decode_expunged, "X");
    Entry gone;
    gone.uid = Uid{77};
    gone.email = {kMe, 3};
    using enum ChangeRecord::Kind;
    check_record(ChangeRecord{1'700'000'000,
                              {{Added, 3, set, {}},
                               {Flagged, 4, set, {}},
                               {Expunged, 5, {}, {gone, gone}},
                               {MailboxGone, 6, {}, {}}}},
                 decode_change, "C");
    check_record(FreedRecord{5, "Sent", Uid{9}, kSeen, {"$A"}, 1, 2}, decode_freed, "F");
    check_record(
        PageInfo{Uid{5}, 64, 3, 2, ModSeq{1ull << 40}},
        [](auto bytes) { return decode_page_info(bytes, Uid{5}); }, "I");
    const auto counters = encode(Counters{Uid{5}, ModSeq{6}, 7, 8, 9, 10, 11}, Uid{3});
    EXPECT_EQ(decode_counters(counters)->counters, (Counters{Uid{5}, ModSeq{6}, 7, 8, 9, 10, 11}));
    EXPECT_EQ(decode_counters(counters)->recent_from, Uid{3});
    EXPECT_FALSE(decode_counters(counters + "x"));
}

TEST(Records, RandomBytesNeverHurt) {
    auto random = make_seeded_random(8);
    for (int i = 0; i < 20000; ++i) {
        const auto bytes = random->bytes(random->below(40));
        (void)decode_account(bytes);
        (void)decode_counters(bytes);
        (void)decode_properties(bytes);
        (void)decode_email(bytes);
        (void)decode_change(bytes);
        (void)decode_expunged(bytes);
        (void)decode_freed(bytes);
        (void)decode_page(bytes, kMe, Uid{1});
    }
}

}  // namespace
}  // namespace rook::mailbox
