// Reads FETCH's arguments behind the set: items, macros and modifiers.
#include <algorithm>

#include "imap/command_list.h"
#include "imap/fetch.h"
#include "imap/fetch_message.h"

namespace rook::imap {

namespace {

// An item whose row says it all.
class RowValue final : public FetchValue {
public:
    explicit RowValue(const FetchItem& item) : item_(item) {}
    Needs needs() const override { return item_.needs; }
    Result<> write(FetchMessage& message, wire::Writer& r) const override {
        r.atom(item_.name);
        return item_.write(message, r);
    }

private:
    const FetchItem& item_;
};

struct Macro {
    std::string_view name, items;
};
constexpr Macro kMacros[] = {
    {"ALL", "(FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"},
    {"FAST", "(FLAGS INTERNALDATE RFC822.SIZE)"},
    {"FULL", "(FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY)"},
};

// The name of an item ends where its section begins.
std::string_view read_item_name(wire::Args& args) {
    const auto text = args.rest();
    std::size_t length = 0;
    while (length < text.size() && wire::is_atom_char(text[length]) && text[length] != '[') {
        args.take(text[length++]);
    }
    return text.substr(0, length);
}

const FetchItem* find_item(std::string_view name) {
    for (const auto& item : base_fetch_items()) {
        if (iequals(item.name, name)) return &item;
    }
    return find_row(&Extension::fetch_items, name);
}

Result<> read_named(std::string_view name, wire::Args& args, FetchRequest& request) {
    const auto* item = find_item(name);
    if (!item) return unknown("data item", name);
    auto value = item->parse ? TRY(item->parse(args)) : std::make_unique<RowValue>(*item);
    request.has_uid |= iequals(name, "UID");
    request.has_flags |= iequals(name, "FLAGS");
    request.has_modseq |= iequals(name, "MODSEQ");
    request.enables_condstore |= item->enables == Feature::CondStore;
    request.values.push_back(std::move(value));
    return {};
}

Result<> read_items(wire::Args& args, FetchRequest& request) {
    const auto read_one = [&](wire::Args& one) -> Result<> {
        return read_named(read_item_name(one), one, request);
    };
    if (args.peek() == '(') return args.list(wire::Args::Empty::Refused, read_one);
    const auto name = read_item_name(args);
    const auto* macro = std::find_if(std::begin(kMacros), std::end(kMacros),
                                     [&](auto& one) { return iequals(one.name, name); });
    if (macro == std::end(kMacros)) return read_named(name, args, request);
    wire::Args items(macro->items);
    return items.list(wire::Args::Empty::Refused, read_one);
}

Result<> read_modifiers(wire::Args& args, FetchRequest& request) {
    return args.list(wire::Args::Empty::Refused, [&](wire::Args& one) -> Result<> {
        const auto* row = TRY(read_row(one, &Extension::fetch_modifiers, "FETCH modifier"));
        return row->parse(one, request);
    });
}

}  // namespace

Needs FetchRequest::needs() const {
    auto most = Needs::Entry;
    for (const auto& value : values) most = std::max(most, value->needs());
    return most;
}

bool FetchRequest::sets_seen() const {
    return std::any_of(values.begin(), values.end(),
                       [](const auto& value) { return value->sets_seen(); });
}

Result<FetchRequest> read_fetch_request(wire::Args& args, By by) {
    FetchRequest request;
    TRY(read_items(args, request));
    if (!args.at_end()) {
        TRY(args.space());
        TRY(read_modifiers(args, request));
    }
    TRY(args.end());
    const auto add = [&](std::string_view name) -> Result<> {
        wire::Args none("");
        TRY(read_named(name, none, request));
        std::rotate(request.values.rbegin(), request.values.rbegin() + 1, request.values.rend());
        return {};
    };
    // RFC 7162 3.1.4.1: CHANGEDSINCE asks for MODSEQ too.
    if (request.changed_since && !request.has_modseq) TRY(add("MODSEQ"));
    if (by == By::Uid && !request.has_uid) TRY(add("UID"));
    return request;
}

}  // namespace rook::imap
