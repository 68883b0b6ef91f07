#include "message/header.h"

#include <cstring>

namespace rook::message {

LineEnds line_ends_of(std::string_view text) {
    auto at = text.find_first_of("\r\n");
    if (at == text.npos || text[at] == '\n') return LineEnds::Lf;
    auto after = text.find_first_not_of('\r', at);
    auto crs = std::min(after, text.size()) - at;
    if (crs >= kMostCrs) return LineEnds::CrToo;
    return after == text.npos || text[after] == '\n' ? LineEnds::Lf : LineEnds::CrToo;
}

std::string_view first_line(std::string_view text, LineEnds ends) {
    if (ends == LineEnds::Lf) {
        auto at = text.find('\n');
        return at == text.npos ? text : text.substr(0, at + 1);
    }
    auto at = text.find_first_of("\r\n");
    if (at == text.npos) return text;
    bool both = text[at] == '\r' && at + 1 < text.size() && text[at + 1] == '\n';
    return text.substr(0, at + (both ? 2 : 1));
}

bool is_field_line(std::string_view line) {
    std::size_t i = 0;
    while (i < line.size() && line[i] != ':' && line[i] != ' ' && !is_ctl(line[i])) ++i;
    if (i == 0) return false;
    while (i < line.size() && is_blank(line[i])) ++i;
    return i < line.size() && line[i] == ':';
}

bool wants_continuation(std::string_view before) { return trim_right(before).ends_with(';'); }

bool is_mbox_line(std::string_view line) {
    return line.starts_with("From ") || line.starts_with(">From ");
}

namespace {

bool is_line_end(std::string_view line) { return line.find_first_not_of("\r\n") == line.npos; }

}  // namespace

std::optional<Field> FieldReader::next() {
    while (!rest_.empty()) {
        auto line = first_line(rest_, ends_);
        if (is_line_end(line)) break;
        if (is_blank(line[0]) || !is_field_line(line)) {
            rest_.remove_prefix(line.size());
            continue;
        }
        auto size = line.size();
        while (size < rest_.size()) {
            auto more = first_line(rest_.substr(size), ends_);
            bool goes_on = is_blank(more[0]) ||
                           (wants_continuation(line) && !is_line_end(more) && !is_field_line(more));
            if (!goes_on) break;
            size += more.size();
            line = more;
        }
        Field field;
        field.raw = rest_.substr(0, size);
        auto colon = field.raw.find(':');
        field.name = trim_right(field.raw.substr(0, colon));
        field.value = field.raw.substr(colon + 1);
        while (!field.value.empty() && (field.value.back() == '\n' || field.value.back() == '\r'))
            field.value.remove_suffix(1);
        rest_.remove_prefix(size);
        return field;
    }
    rest_ = {};
    return std::nullopt;
}

std::optional<std::string_view> find_field(std::string_view header, std::string_view name) {
    FieldReader fields(header);
    while (auto field = fields.next()) {
        if (iequals(field->name, name)) return field->value;
    }
    return std::nullopt;
}

std::string unfold(std::string_view value) {
    value = trim(value);
    std::string out;
    out.reserve(value.size());
    for (char c : value) {
        if (c != '\r' && c != '\n' && c != '\0') out += c;
    }
    return out;
}

std::string pick_fields(std::string_view header, const FieldNames& names, Pick pick) {
    std::string out;
    FieldReader fields(header);
    while (auto field = fields.next()) {
        bool named = names.contains(field->name);
        if (named == (pick == Pick::Only)) out += field->raw;
    }
    auto text = header;
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.ends_with('\r')) text.remove_suffix(1);
    bool has_empty_line = text.size() < header.size() &&
                          (text.empty() || text.ends_with('\n') || text.ends_with('\r'));
    if (has_empty_line) out += "\r\n";
    return out;
}

}  // namespace rook::message
