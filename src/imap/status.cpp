#include "imap/status.h"

#include <algorithm>

#include "imap/command_list.h"
#include "imap/condstore.h"
#include "imap/session.h"

namespace rook::imap {

namespace {

// How many would be \Recent to a session that selects it now. The UIDs from recent_from on are
// counted, not the messages, so that STATUS reads no page: expunged ones among them count too.
std::uint64_t recent(const mailbox::MailboxInfo& box) {
    const auto from = std::max(box.recent_from.v, std::uint32_t{1});
    return std::min(box.messages, box.uidnext.v > from ? box.uidnext.v - from : 0);
}

// RFC 9051 6.3.11, and RECENT, which is IMAP4rev1's.
constexpr StatusItem kItems[] = {
    {"MESSAGES", [](Session&, const mailbox::MailboxInfo& box,
                    wire::Writer& r) { r.number(std::uint64_t{box.messages}); }},
    {"RECENT",
     [](Session&, const mailbox::MailboxInfo& box, wire::Writer& r) { r.number(recent(box)); }},
    {"UIDNEXT",
     [](Session&, const mailbox::MailboxInfo& box, wire::Writer& r) { r.number(box.uidnext); }},
    {"UIDVALIDITY", [](Session&, const mailbox::MailboxInfo& box,
                       wire::Writer& r) { r.number(std::uint64_t{box.uidvalidity}); }},
    {"UNSEEN", [](Session&, const mailbox::MailboxInfo& box,
                  wire::Writer& r) { r.number(std::uint64_t{box.unseen}); }},
};

const StatusItem* find_item(std::string_view name) {
    for (const auto& item : kItems) {
        if (iequals(item.name, name)) return &item;
    }
    return find_row(&Extension::status_items, name);
}

}  // namespace

Result<std::vector<const StatusItem*>> read_status_items(wire::Args& args) {
    std::vector<const StatusItem*> items;
    TRY(args.list(wire::Args::Empty::Refused, [&](wire::Args& in) -> Result<> {
        const auto name = TRY(in.atom());
        const auto* item = find_item(name);
        if (!item) return unknown("STATUS item", name);
        // Asked twice, told once.
        if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
        return {};
    }));
    return items;
}

void write_status(Session& s, const mailbox::MailboxInfo& box,
                  const std::vector<const StatusItem*>& items) {
    for (const auto* item : items) {
        if (item->enables == Feature::CondStore) use_condstore(s);
    }
    auto& r = s.reply();
    r.line("STATUS").mailbox(box.name).open();
    for (const auto* item : items) {
        r.atom(item->name);
        item->write(s, box, r);
    }
    r.close().end();
}

}  // namespace rook::imap
