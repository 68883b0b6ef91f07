#include "message/fields.h"

#include "base/ascii.h"
#include "message/header.h"

namespace rook::message {
namespace {

// Of senders nobody needs more, and two more lists may repeat them.
constexpr std::size_t kMostSenders = 300;
constexpr std::size_t kSenderBytes = 16 * 1024;

void set_once(std::optional<std::string>& to, const Field& field) {
    if (!to) to = unfold(field.value);
}

void add_addresses(std::vector<RawAddress>& to, const Field& field, std::size_t most) {
    if (to.size() >= most) return;
    auto more = parse_raw_addresses(unfold(field.value), most - to.size());
    if (to.empty()) {
        to = std::move(more);
    } else {
        to.insert(to.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
    }
}

void set_addresses(std::vector<RawAddress>& to, const Field& field) {
    if (to.empty())
        to = parse_raw_addresses(unfold(field.value.substr(0, kSenderBytes)), kMostSenders);
}

void set_text(std::string& to, const Field& field) {
    if (to.empty()) to = unfold(field.value);
}

// "7bit; comment", "(c) base64": the first word.
std::string first_word(std::string_view value) {
    auto word = parse_content_value(value.substr(0, 1000)).word;
    return word.size() <= 100 ? word : std::string();
}

}  // namespace

MessageFields read_message_fields(std::string_view header) {
    MessageFields out;
    FieldReader fields(header);
    while (auto field = fields.next()) {
        auto is = [&](std::string_view name) { return iequals(field->name, name); };
        switch (to_lower(field->name[0])) {
            case 'b':
                if (is("bcc")) add_addresses(out.bcc, *field, kMostAddresses);
                break;
            case 'c':
                if (is("cc")) add_addresses(out.cc, *field, kMostAddresses);
                break;
            case 'd':
                if (is("date")) set_once(out.date, *field);
                break;
            case 'f':
                if (is("from")) set_addresses(out.from, *field);
                break;
            case 'i':
                if (is("in-reply-to")) set_once(out.in_reply_to, *field);
                break;
            case 'm':
                if (is("message-id")) set_once(out.message_id, *field);
                break;
            case 'r':
                if (is("references")) set_once(out.references, *field);
                if (is("reply-to")) set_addresses(out.reply_to, *field);
                break;
            case 's':
                if (is("subject")) set_once(out.subject, *field);
                if (is("sender")) set_addresses(out.sender, *field);
                break;
            case 't':
                if (is("to")) add_addresses(out.to, *field, kMostAddresses);
                break;
            default:
                break;
        }
    }
    if (out.sender.empty()) out.sender = out.from;
    if (out.reply_to.empty()) out.reply_to = out.from;
    return out;
}

MimeFields read_mime_fields(std::string_view header) {
    MimeFields out;
    FieldReader fields(header);
    while (auto field = fields.next()) {
        if (!istarts_with(field->name, "content-")) continue;
        auto name = field->name.substr(8);
        if (iequals(name, "type")) {
            if (!out.content_type) out.content_type = parse_content_value(unfold(field->value));
        } else if (iequals(name, "disposition")) {
            if (!out.disposition) out.disposition = parse_content_value(unfold(field->value));
        } else if (iequals(name, "transfer-encoding")) {
            if (out.encoding.empty()) out.encoding = first_word(unfold(field->value));
        } else if (iequals(name, "id")) {
            set_text(out.id, *field);
        } else if (iequals(name, "description")) {
            set_text(out.description, *field);
        } else if (iequals(name, "md5")) {
            set_text(out.md5, *field);
        } else if (iequals(name, "language")) {
            set_text(out.language, *field);
        } else if (iequals(name, "location")) {
            set_text(out.location, *field);
        }
    }
    return out;
}

}  // namespace rook::message
