#include "message/structure.h"

#include "base/ascii.h"
#include "message/decode.h"
#include "message/preview.h"

namespace rook::message {
namespace {

// RFC 2046 5.1.1 allows 70 characters.
constexpr std::size_t kLongestBoundary = 1000;

std::vector<std::pair<std::string, std::string>> plain_parameters(
    const std::vector<Parameter>& parameters) {
    std::vector<std::pair<std::string, std::string>> out;
    out.reserve(parameters.size());
    for (auto& parameter : parameters) out.emplace_back(parameter.name, parameter.value);
    return out;
}

const std::string* find(const std::vector<std::pair<std::string, std::string>>& parameters,
                        std::string_view name) {
    for (auto& [key, value] : parameters) {
        if (key == name) return &value;
    }
    return nullptr;
}

// About how much a part takes in the record of a Summary: in BODY, in BODYSTRUCTURE and by itself.
std::size_t record_bytes(const Part& part, const PartTexts& texts) {
    std::size_t twice = part.type.size() + part.subtype.size() + part.id.size() +
                        part.description.size() + part.encoding.size() + texts.parameters.size();
    std::size_t once = twice + part.md5.size() + part.disposition.size() + part.language.size() +
                       part.location.size() + texts.disposition_parameters.size();
    for (auto* parameters : {&part.parameters, &part.disposition_parameters}) {
        for (auto& [name, value] : *parameters) once += name.size() + value.size() + 2;
    }
    return 75 + 2 * twice + once;
}

bool is_signature(const Part& part) {
    return part.type == "application" &&
           (part.subtype == "pgp-signature" || part.subtype == "pkcs7-signature" ||
            part.subtype == "x-pkcs7-signature");
}

}  // namespace

void Structure::begin_root() { begin_part(-1, 1, 0); }

void Structure::begin_part(std::int32_t parent, std::uint32_t number, std::uint64_t header_begin) {
    Part part;
    part.parent = parent;
    part.number = number;
    part.header_begin = header_begin;
    parts_.push_back(std::move(part));
    texts_.emplace_back();
    lines_before_body_.push_back(0);
    has_child_.push_back(false);
    if (parent >= 0) has_child_[static_cast<std::size_t>(parent)] = true;
    leaf_.reset();
    capturing_ = false;
}

void Structure::flatten(std::size_t i, std::string_view type, std::string_view subtype) {
    parts_[i].type = type;
    parts_[i].subtype = subtype;
}

void Structure::set_type(std::size_t i, const MimeFields& mime) {
    auto& part = parts_[i];
    // RFC 2046 5.1.5; RFC 2045 5.2.
    bool in_digest = part.parent >= 0 &&
                     parts_[static_cast<std::size_t>(part.parent)].is_multipart() &&
                     parts_[static_cast<std::size_t>(part.parent)].subtype == "digest";
    if (!mime.content_type && in_digest) flatten(i, "message", "rfc822");
    if (mime.content_type) {
        if (auto type = split_media_type(mime.content_type->word))
            flatten(i, type->first, type->second);
        part.parameters = plain_parameters(mime.content_type->parameters);
        texts_[i].parameters = imap_parameters(mime.content_type->parameters);
    }
    if (part.type == "text" && part.subtype == "plain" && part.parameters.empty()) {
        // RFC 2045 5.2: the default is said, so that clients need not know it.
        part.parameters.emplace_back("charset", "us-ascii");
        texts_[i].parameters = R"(("charset" "us-ascii"))";
    }
    if (!mime.encoding.empty()) part.encoding = mime.encoding;
    part.id = mime.id;
    part.description = mime.description;
    part.md5 = mime.md5;
    part.language = mime.language;
    part.location = mime.location;
    if (mime.disposition && !mime.disposition->word.empty()) {
        part.disposition = mime.disposition->word;
        part.disposition_parameters = plain_parameters(mime.disposition->parameters);
        texts_[i].disposition_parameters = imap_parameters(mime.disposition->parameters);
    }
}

Structure::Next Structure::end_header(std::string_view header, std::uint64_t header_end,
                                      Place body) {
    std::size_t i = parts_.size() - 1;
    auto parent = parts_[i].parent;
    parts_[i].header_end = header_end;
    parts_[i].body_begin = body.offset;
    lines_before_body_[i] = body.lines;
    if (parent < 0) {
        root_fields_ = read_message_fields(header);
    } else if (parts_[static_cast<std::size_t>(parent)].is_message()) {
        auto& envelope = texts_[static_cast<std::size_t>(parent)].envelope;
        envelope = imap_envelope(read_message_fields(header));
        structure_bytes_ += 2 * envelope.size();
    }
    set_type(i, read_mime_fields(header));
    structure_bytes_ += record_bytes(parts_[i], texts_[i]);
    auto& part = parts_[i];
    bool may_nest = open_.size() < limits_.depth && has_room();
    if (part.is_multipart()) {
        auto* boundary = find(part.parameters, "boundary");
        auto text = boundary ? trim_right(*boundary) : std::string_view();
        if (text.empty() || text.size() > kLongestBoundary) {
            flatten(i, "text", "plain");
        } else if (!may_nest) {
            flatten(i, "application", "octet-stream");
        } else {
            open_.push_back({i, std::string(text)});
            ++boundaries_;
            return Next::Body;
        }
    } else if (part.is_message()) {
        // An encoded message cannot be looked into (RFC 2046 5.2.1 forbids it; RFC 6532 3.5 allows
        // it for message/global).
        if (may_nest && encoding_of(part.encoding) == Encoding::Identity) {
            open_.push_back({i, {}});
            begin_part(static_cast<std::int32_t>(i), 1, body.offset);
            return Next::Header;
        }
        flatten(i, "application", "octet-stream");
    }
    leaf_ = i;
    begin_leaf(i);
    return Next::Body;
}

bool Structure::is_in_message(std::size_t i) const {
    for (auto parent = parts_[i].parent; parent >= 0;
         parent = parts_[static_cast<std::size_t>(parent)].parent) {
        if (parts_[static_cast<std::size_t>(parent)].is_message()) return true;
    }
    return false;
}

// The first text that is not an attachment is kept for the preview; of a forwarded message only
// when there is no other.
void Structure::begin_leaf(std::size_t i) {
    auto& part = parts_[i];
    if (part.type != "text" || part.disposition == "attachment" ||
        (part.subtype != "plain" && part.subtype != "html"))
        return;
    auto& text = part.subtype == "html" ? html_ : plain_;
    if (text.found && (!is_in_message(text.part) || is_in_message(i))) return;
    text = {i, true, {}};
    capturing_ = true;
}

void Structure::text(std::string_view bytes) {
    auto& kept = html_.found && html_.part == *leaf_ ? html_ : plain_;
    kept.bytes += bytes.substr(0, limits_.text_for_preview - kept.bytes.size());
    if (kept.bytes.size() >= limits_.text_for_preview) capturing_ = false;
}

std::optional<Structure::Delimiter> Structure::match(std::string_view line) const {
    if (!line.starts_with("--")) return std::nullopt;
    line = trim_right(line.substr(2));
    for (std::size_t i = open_.size(); i-- > 0;) {
        auto& boundary = open_[i].boundary;
        if (boundary.empty() || !line.starts_with(boundary)) continue;
        auto rest = line.substr(boundary.size());
        if (rest == "--") return Delimiter{i, true};
        // Beyond the limit the rest stays in the last part.
        if (rest.empty() && has_room()) return Delimiter{i, false};
    }
    return std::nullopt;
}

// A part without a body ends where its header does, and what it is in ends no earlier: moves `end`
// there.
void Structure::close_part(std::size_t i, Place& end) {
    auto& part = parts_[i];
    if (end.offset < part.body_begin) end = {part.body_begin, lines_before_body_[i]};
    part.body_end = end.offset;
    part.lines = static_cast<std::uint32_t>(end.lines - lines_before_body_[i]);
}

void Structure::close_leaf(Place& end) {
    if (!leaf_) return;
    close_part(*leaf_, end);
    auto& part = parts_[*leaf_];
    for (auto* text : {&plain_, &html_}) {
        if (text->found && text->part == *leaf_ &&
            text->bytes.size() > part.body_end - part.body_begin) {
            text->bytes.resize(part.body_end - part.body_begin);
        }
    }
    leaf_.reset();
    capturing_ = false;
}

void Structure::close_above(std::size_t level, Place end) {
    close_leaf(end);
    while (open_.size() > level) {
        close_part(open_.back().part, end);
        if (!open_.back().boundary.empty()) --boundaries_;
        open_.pop_back();
    }
}

Structure::Next Structure::take(Delimiter delimiter, Place end, Place after) {
    close_above(delimiter.level + 1, end);
    auto& multipart = open_[delimiter.level];
    if (delimiter.closes) {
        multipart.boundary.clear();
        --boundaries_;
        return Next::Body;
    }
    begin_part(static_cast<std::int32_t>(multipart.part), ++multipart.children, after.offset);
    return Next::Header;
}

// A multipart in which no part begins is shown as the text that it is.
void Structure::finish_empty_multiparts() {
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (!parts_[i].is_multipart() || has_child_[i]) continue;
        flatten(i, "text", "plain");
    }
}

bool Structure::has_attachment() const {
    for (auto& part : parts_) {
        if (part.is_multipart() || is_signature(part)) continue;
        if (part.disposition == "attachment") return true;
        if (part.parent < 0 && part.type == "text") continue;
        if (part.is_message()) return true;
        if (part.type == "text" || part.type == "message") continue;
        auto* parent = part.parent >= 0 ? &parts_[static_cast<std::size_t>(part.parent)] : nullptr;
        bool is_related = parent && parent->is_multipart() && parent->subtype == "related" &&
                          (!part.id.empty() || !part.location.empty());
        if (is_related || (part.disposition == "inline" && !part.id.empty())) continue;
        if (!parent || find(part.parameters, "name") ||
            find(part.disposition_parameters, "filename"))
            return true;
    }
    return false;
}

void Structure::finish(Place end, Summary& out) {
    close_above(0, end);
    finish_empty_multiparts();
    out.has_attachment = has_attachment();
    out.imap_body = imap_body(parts_, texts_, BodyForm::Body);
    out.imap_bodystructure = imap_body(parts_, texts_, BodyForm::BodyStructure);
    bool plain_first =
        plain_.found && (!html_.found || !is_in_message(plain_.part) || is_in_message(html_.part));
    for (auto* text : {plain_first ? &plain_ : &html_, plain_first ? &html_ : &plain_}) {
        if (text->found && out.preview.empty())
            out.preview = make_preview(parts_[text->part], text->bytes);
    }
    out.parts = std::move(parts_);
}

}  // namespace rook::message
