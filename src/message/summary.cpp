// The record of a Summary: docs/formats/summary.md.
#include "message/summary.h"

#include "base/codec.h"

namespace rook::message {
namespace {

constexpr std::uint8_t kHasSent = 1, kHasAttachment = 2;

using Parameters = std::vector<std::pair<std::string, std::string>>;

void put_addresses(Writer& w, const std::vector<Address>& addresses) {
    w.varint(addresses.size());
    for (auto& address : addresses) {
        w.u8(static_cast<std::uint8_t>(address.kind))
            .text(address.name)
            .text(address.mailbox)
            .text(address.host);
    }
}

// Every element takes at least `least` bytes, so a count that does not fit is damage and nothing is
// allocated for it.
bool count_fits(const Reader& r, std::uint64_t count, std::size_t least) {
    return count <= r.rest().size() / least;
}

std::vector<Address> get_addresses(Reader& r) {
    std::vector<Address> out;
    auto count = r.varint();
    if (!count_fits(r, count, 4)) return out;
    out.reserve(count);
    for (; count && !r.failed(); --count) {
        Address address;
        address.kind = static_cast<Address::Kind>(std::min<std::uint8_t>(r.u8(), 2));
        address.name = r.text();
        address.mailbox = r.text();
        address.host = r.text();
        if (!r.failed()) out.push_back(std::move(address));
    }
    return out;
}

void skip_addresses(Reader& r) {
    auto count = r.varint();
    if (!count_fits(r, count, 4)) count = 0;
    for (; count && !r.failed(); --count) {
        r.u8();
        r.text(), r.text(), r.text();
    }
}

void put_parameters(Writer& w, const Parameters& parameters) {
    w.varint(parameters.size());
    for (auto& [name, value] : parameters) w.text(name).text(value);
}

Result<Parameters> get_parameters(Reader& r) {
    Parameters out;
    auto count = r.varint();
    if (!count_fits(r, count, 2))
        return fail(Why::Corrupt, "Message summary is damaged", "too many parameters");
    out.reserve(count);
    for (; count; --count) {
        auto name = r.text();
        auto value = r.text();
        out.emplace_back(name, value);
    }
    return out;
}

void put_part(Writer& w, const Part& part) {
    w.zigzag(part.parent).varint(part.number);
    w.varint(part.header_begin).varint(part.header_end - part.header_begin);
    w.varint(part.body_begin).varint(part.body_end - part.body_begin).varint(part.lines);
    for (auto* text : {&part.type, &part.subtype, &part.id, &part.description, &part.md5,
                       &part.language, &part.location, &part.encoding, &part.disposition}) {
        w.text(*text);
    }
    put_parameters(w, part.parameters);
    put_parameters(w, part.disposition_parameters);
}

Result<Part> get_part(Reader& r, std::size_t index, std::uint64_t message_size) {
    Part part;
    auto parent = r.zigzag();
    auto number = r.varint();
    part.header_begin = r.varint();
    auto header = r.varint();
    part.body_begin = r.varint();
    auto body = r.varint();
    auto lines = r.varint();
    auto fits = [&](std::uint64_t begin, std::uint64_t length) {
        return begin <= message_size && length <= message_size - begin;
    };
    bool parent_ok =
        index == 0 ? parent == -1 : parent >= 0 && parent < static_cast<std::int64_t>(index);
    if (!parent_ok || number > UINT32_MAX || lines > UINT32_MAX ||
        !fits(part.header_begin, header) || !fits(part.body_begin, body)) {
        return fail(Why::Corrupt, "Message summary is damaged", "a part makes no sense");
    }
    part.parent = static_cast<std::int32_t>(parent);
    part.number = static_cast<std::uint32_t>(number);
    part.header_end = part.header_begin + header;
    part.body_end = part.body_begin + body;
    part.lines = static_cast<std::uint32_t>(lines);
    for (auto* text : {&part.type, &part.subtype, &part.id, &part.description, &part.md5,
                       &part.language, &part.location, &part.encoding, &part.disposition}) {
        *text = r.text();
    }
    part.parameters = TRY(get_parameters(r));
    part.disposition_parameters = TRY(get_parameters(r));
    return part;
}

}  // namespace

std::string encode(const Summary& s) {
    std::string out;
    out.reserve(256 + s.header.size() + s.imap_envelope.size() + s.imap_body.size() +
                s.imap_bodystructure.size() + s.parts.size() * 64);
    Writer w(out);
    w.u8(kParserVersion >> 8).u8(kParserVersion & 0xFF);
    w.varint(s.size).varint(s.header_size);
    w.u8((s.sent ? kHasSent : 0) | (s.has_attachment ? kHasAttachment : 0));
    w.zigzag(s.sent.value_or(0)).zigzag(s.sent_zone);
    for (auto* text : {&s.subject, &s.base_subject, &s.message_id, &s.preview, &s.header,
                       &s.imap_envelope, &s.imap_body, &s.imap_bodystructure}) {
        w.text(*text);
    }
    std::string field;
    Writer f(field);
    f.varint(s.references.size());
    for (auto& id : s.references) f.text(id);
    w.text(field);
    field.clear();
    for (auto* list : {&s.from, &s.sender, &s.reply_to, &s.to, &s.cc, &s.bcc})
        put_addresses(f, *list);
    w.text(field);
    field.clear();
    f.varint(s.parts.size());
    for (auto& part : s.parts) put_part(f, part);
    w.text(field);
    return out;
}

Result<SummaryView> SummaryView::open(std::string_view record) {
    SummaryView view;
    Reader r(record);
    auto high = r.u8(), low = r.u8();
    view.parser_version_ = static_cast<std::uint16_t>(high << 8 | low);
    view.size_ = r.varint();
    view.header_size_ = r.varint();
    auto flags = r.u8();
    auto sent = r.zigzag(), zone = r.zigzag();
    if (flags & kHasSent) view.sent_ = sent;
    view.sent_zone_ = static_cast<std::int32_t>(zone);
    view.has_attachment_ = flags & kHasAttachment;
    for (auto& field : view.fields_) field = r.text();
    bool makes_sense = !r.failed() && r.at_end() && view.parser_version_ > 0 &&
                       flags <= (kHasSent | kHasAttachment) && view.header_size_ <= view.size_ &&
                       view.header().size() <= view.header_size_ && zone > -24 * 60 &&
                       zone < 24 * 60;
    if (!makes_sense) return fail(Why::Corrupt, "Message summary is damaged");
    return view;
}

std::vector<std::string> SummaryView::references() const {
    Reader r(field(8));
    std::vector<std::string> out;
    auto count = r.varint();
    if (!count_fits(r, count, 1)) return out;
    for (; count && !r.failed(); --count) {
        auto id = r.text();
        if (!r.failed()) out.emplace_back(id);
    }
    return out;
}

std::vector<Address> SummaryView::addresses(Role role) const {
    Reader r(field(9));
    for (int i = 0; i < static_cast<int>(role); ++i) skip_addresses(r);
    return get_addresses(r);
}

Result<std::vector<Part>> SummaryView::parts() const {
    constexpr std::size_t kLeastPart = 18;
    Reader r(field(10));
    std::vector<Part> out;
    auto count = r.varint();
    if (count == 0 || !count_fits(r, count, kLeastPart))
        return fail(Why::Corrupt, "Message summary is damaged", "no parts");
    out.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(TRY(get_part(r, i, size_)));
        if (r.failed()) return fail(Why::Corrupt, "Message summary is damaged", "a part is cut");
    }
    if (!r.at_end())
        return fail(Why::Corrupt, "Message summary is damaged", "bytes behind the parts");
    return out;
}

}  // namespace rook::message
