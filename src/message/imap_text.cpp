#include "message/imap_text.h"

#include <algorithm>

#include "base/ascii.h"

namespace rook::message {
namespace {

// Clients read quoted strings into line buffers.
constexpr std::size_t kLongestQuoted = 1000;

bool can_be_quoted(std::string_view text) {
    if (text.size() > kLongestQuoted) return false;
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return is_8bit(c) || c == '\r' || c == '\n'; });
}

void append_nstring(std::string& out, const std::optional<std::string>& text) {
    if (text) {
        append_imap_string(out, *text);
    } else {
        out += "NIL";
    }
}

void append_addresses(std::string& out, const std::vector<RawAddress>& addresses) {
    if (addresses.empty()) {
        out += "NIL";
        return;
    }
    out += '(';
    for (auto& address : addresses) {
        out += '(';
        append_imap_nstring(out, address.name);
        out += ' ';
        append_imap_nstring(out, address.route);
        out += ' ';
        switch (address.kind) {
            case Address::Kind::Mailbox:
                // NIL here would mean a group.
                append_imap_string(out, address.mailbox);
                out += ' ';
                append_imap_string(out, address.host);
                break;
            case Address::Kind::GroupStart:
                append_imap_string(out, address.mailbox);
                out += " NIL";
                break;
            case Address::Kind::GroupEnd:
                out += "NIL NIL";
                break;
        }
        out += ')';
    }
    out += ')';
}

class BodyWriter {
public:
    BodyWriter(const std::vector<Part>& parts, const std::vector<PartTexts>& texts, BodyForm form)
        : parts_(parts), texts_(texts), form_(form) {}

    std::string run() {
        for (std::size_t i = 0; i < parts_.size(); ++i) {
            while (!open_.empty() && static_cast<std::int32_t>(open_.back()) != parts_[i].parent)
                close();
            begin(i);
            open_.push_back(i);
        }
        while (!open_.empty()) close();
        return std::move(out_);
    }

private:
    void begin(std::size_t i) {
        auto& part = parts_[i];
        out_ += '(';
        if (part.is_multipart()) return;
        append_imap_string(out_, part.type);
        out_ += ' ';
        append_imap_string(out_, part.subtype);
        out_ += ' ';
        out_ += texts_[i].parameters;
        out_ += ' ';
        append_imap_nstring(out_, part.id);
        out_ += ' ';
        append_imap_nstring(out_, part.description);
        out_ += ' ';
        append_imap_string(out_, part.encoding);
        out_ += ' ';
        out_ += std::to_string(part.body_end - part.body_begin);
        if (part.is_message()) {
            out_ += ' ';
            out_ += texts_[i].envelope;
            out_ += ' ';  // its child follows
        }
    }

    void close() {
        auto i = open_.back();
        open_.pop_back();
        auto& part = parts_[i];
        if (part.is_multipart()) {
            out_ += ' ';
            append_imap_string(out_, part.subtype);
        } else if (part.is_message() || part.type == "text") {
            out_ += ' ';
            out_ += std::to_string(part.lines);
        }
        if (form_ == BodyForm::BodyStructure) append_extension(i);
        out_ += ')';
    }

    void append_extension(std::size_t i) {
        auto& part = parts_[i];
        out_ += ' ';
        if (part.is_multipart()) {
            out_ += texts_[i].parameters;
        } else {
            append_imap_nstring(out_, part.md5);
        }
        out_ += ' ';
        if (part.disposition.empty()) {
            out_ += "NIL";
        } else {
            out_ += '(';
            append_imap_string(out_, part.disposition);
            out_ += ' ';
            out_ += texts_[i].disposition_parameters;
            out_ += ')';
        }
        out_ += ' ';
        append_languages(part.language);
        out_ += ' ';
        append_imap_nstring(out_, part.location);
    }

    // One tag is a string, several are a list (RFC 3282: tags with commas between).
    void append_languages(std::string_view value) {
        std::vector<std::string_view> tags;
        for (auto tag : split(value, ',')) {
            if (!trim(tag).empty()) tags.push_back(trim(tag));
        }
        if (tags.size() < 2) return append_imap_nstring(out_, tags.empty() ? "" : tags[0]);
        out_ += '(';
        for (auto tag : tags) {
            if (!out_.ends_with('(')) out_ += ' ';
            append_imap_string(out_, tag);
        }
        out_ += ')';
    }

    const std::vector<Part>& parts_;
    const std::vector<PartTexts>& texts_;
    BodyForm form_;
    std::string out_;
    std::vector<std::size_t> open_;
};

}  // namespace

void append_imap_string(std::string& out, std::string_view text) {
    std::string without_nul;
    if (text.find('\0') != text.npos) {
        without_nul = text;
        std::erase(without_nul, '\0');
        text = without_nul;
    }
    if (!can_be_quoted(text)) {
        out += '{';
        out += std::to_string(text.size());
        out += "}\r\n";
        out += text;
        return;
    }
    out += '"';
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

void append_imap_nstring(std::string& out, std::string_view text) {
    if (text.empty()) {
        out += "NIL";
    } else {
        append_imap_string(out, text);
    }
}

std::string imap_parameters(const std::vector<Parameter>& parameters) {
    if (parameters.empty()) return "NIL";
    std::string out;
    for (auto& parameter : parameters) {
        out += out.empty() ? '(' : ' ';
        append_imap_string(out, parameter.imap_name);
        out += ' ';
        append_imap_string(out, parameter.imap_value);
    }
    out += ')';
    return out;
}

std::string imap_envelope(const MessageFields& fields) {
    std::string out = "(";
    append_nstring(out, fields.date);
    out += ' ';
    append_nstring(out, fields.subject);
    for (auto* list :
         {&fields.from, &fields.sender, &fields.reply_to, &fields.to, &fields.cc, &fields.bcc}) {
        out += ' ';
        append_addresses(out, *list);
    }
    out += ' ';
    append_nstring(out, fields.in_reply_to);
    out += ' ';
    append_nstring(out, fields.message_id);
    out += ')';
    return out;
}

std::string imap_body(const std::vector<Part>& parts, const std::vector<PartTexts>& texts,
                      BodyForm form) {
    return BodyWriter(parts, texts, form).run();
}

}  // namespace rook::message
