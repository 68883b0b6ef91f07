#include "mailbox/stored_messages.h"

#include <set>

#include "base/codec.h"
#include "mailbox/body.h"
#include "mailbox/keys.h"
#include "mailbox/records.h"
#include "message/summary.h"

namespace rook::mailbox {

using store::Table;

namespace {

constexpr std::size_t kSummariesATime = 256;

struct Box {
    std::uint64_t number;
    Properties properties;
};

Result<std::vector<Box>> boxes_of(const store::Store& store, AccountId id,
                                  const MessageWish& wish) {
    std::vector<Box> boxes;
    TRY(store.scan(id, Table::Records, std::string(1, keys::kProperties),
                   keys::after(keys::kProperties), [&](auto key, auto value) {
                       auto payload = unseal(key, value, kValueVersion);
                       auto properties = payload ? decode_properties(payload->payload)
                                                 : std::unexpected(payload.error());
                       if (properties && (!wish.mailbox || *wish.mailbox == properties->name))
                           boxes.push_back({Reader(key.substr(1)).u64(), std::move(*properties)});
                       return true;
                   }));
    return boxes;
}

// Pages without an index record are of a copy that was under way.
Result<std::set<Uid>> indexed_pages(const store::Store& store, AccountId id, std::uint64_t box) {
    std::set<Uid> lows;
    TRY(store.scan(id, Table::Records, keys::index(box, Uid{0}), keys::index(box + 1, Uid{0}),
                   [&](auto key, auto) {
                       lows.insert(Uid{Reader(key.substr(9)).u32()});
                       return true;
                   }));
    return lows;
}

Result<std::vector<Entry>> entries_of(const store::Store& store, AccountId id, std::uint64_t box,
                                      const MessageWish& wish) {
    const auto lows = TRY(indexed_pages(store, id, box));
    std::vector<Entry> found;
    TRY(store.scan(id, Table::Records, keys::page(box, Uid{0}), keys::page(box + 1, Uid{0}),
                   [&](auto key, auto value) {
                       const Uid low{Reader(key.substr(9)).u32()};
                       auto payload = unseal(key, value, kValueVersion);
                       if (!payload || !lows.contains(low)) return true;
                       auto page = decode_page(payload->payload, id, low);
                       if (!page) return true;
                       for (auto& e : page->entries) {
                           if (wish.uid && *wish.uid != e.uid) continue;
                           if (wish.email && *wish.email != e.email) continue;
                           found.push_back(e);
                       }
                       return true;
                   }));
    return found;
}

std::vector<Entry> with_message_id(const store::Store& store, AccountId id,
                                   const std::vector<Entry>& entries, std::string_view message_id) {
    std::vector<Entry> found;
    for (std::size_t first = 0; first < entries.size(); first += kSummariesATime) {
        const auto end = std::min(entries.size(), first + kSummariesATime);
        std::vector<EmailId> emails;
        for (auto i = first; i < end; ++i) emails.push_back(entries[i].email);
        const auto summaries = load_summaries(store, id, emails);
        for (auto i = first; i < end; ++i) {
            const auto& bytes = summaries[i - first];
            const auto view =
                bytes ? message::SummaryView::open(**bytes) : std::unexpected(bytes.error());
            if (view && view->message_id() == message_id) found.push_back(entries[i]);
        }
    }
    return found;
}

}  // namespace

Result<std::vector<StoredMessage>> find_messages(const store::Store& store, AccountId id,
                                                 const MessageWish& wish) {
    std::vector<StoredMessage> all;
    for (auto& box : TRY(boxes_of(store, id, wish))) {
        auto entries = TRY(entries_of(store, id, box.number, wish));
        if (!wish.message_id.empty())
            entries = with_message_id(store, id, entries, wish.message_id);
        for (auto& e : entries) {
            StoredMessage message{box.properties.name, e, {}};
            const auto& names = *box.properties.keywords;
            for (std::size_t bit = 0; bit < names.size(); ++bit) {
                if (e.keywords >> bit & 1) message.keywords.push_back(names[bit]);
            }
            all.push_back(std::move(message));
        }
    }
    return all;
}

}  // namespace rook::mailbox
