#include "imap/fetch_section.h"

#include <algorithm>

#include "imap/wire/writer.h"

namespace rook::imap {

namespace {

using What = Section::What;

// A part is found below as many others as the parser lets there be, and no deeper.
constexpr std::size_t kMaxPath = 128;

struct Name {
    std::string_view word;
    What what;
};
// The longest first.
constexpr Name kNames[] = {{"HEADER.FIELDS.NOT", What::FieldsNot},
                           {"HEADER.FIELDS", What::Fields},
                           {"HEADER", What::Header},
                           {"TEXT", What::Text},
                           {"MIME", What::Mime}};

Result<> read_names(wire::Args& args, Section& section) {
    TRY(args.space());
    section.spelled += " (";
    wire::Writer writer(section.spelled);
    TRY(args.list(wire::Args::Empty::Refused, [&](wire::Args& one) -> Result<> {
        auto name = TRY(one.astring());
        writer.astring(name);
        section.names.insert(std::move(name));
        return {};
    }));
    section.spelled += ')';
    return {};
}

bool take_text(wire::Args& args, std::string_view word) {
    if (!istarts_with(args.rest(), word)) return false;
    for (std::size_t i = 0; i < word.size(); ++i) args.take(args.peek());
    return true;
}

// "1.2.": true when a name must follow.
Result<bool> read_path(wire::Args& args, Section& section) {
    while (is_digit(args.peek())) {
        if (section.path.size() == kMaxPath) return fail(Why::BadSyntax, "Section is too deep");
        section.path.push_back(TRY(args.nz_number()));
        if (!section.spelled.empty()) section.spelled += '.';
        section.spelled += std::to_string(section.path.back());
        if (!args.take('.')) return false;
    }
    return true;
}

}  // namespace

Result<std::optional<Partial>> read_partial(wire::Args& args) {
    if (!args.take('<')) return std::nullopt;
    Partial partial;
    partial.offset = TRY(args.number64());
    TRY(args.expect('.'));
    partial.length = TRY(args.number64());
    if (partial.length == 0) return args.bad("a length above 0");
    TRY(args.expect('>'));
    return partial;
}

Result<Section> read_section(wire::Args& args) {
    Section section;
    TRY(args.expect('['));
    const bool has_name = TRY(read_path(args, section));
    if (has_name && !(section.path.empty() && args.peek() == ']')) {
        const auto* name = std::find_if(std::begin(kNames), std::end(kNames),
                                        [&](auto& one) { return take_text(args, one.word); });
        if (name == std::end(kNames)) return args.bad("a section");
        if (name->what == What::Mime && section.path.empty()) return args.bad("a part before MIME");
        if (!section.spelled.empty()) section.spelled += '.';
        section.spelled += name->word;
        section.what = name->what;
        if (name->what == What::Fields || name->what == What::FieldsNot)
            TRY(read_names(args, section));
    }
    TRY(args.expect(']'));
    section.partial = TRY(read_partial(args));
    return section;
}

Result<Section> read_part_section(wire::Args& args) {
    Section section;
    TRY(args.expect('['));
    if (TRY(read_path(args, section)) && !section.path.empty()) return args.bad("a part number");
    TRY(args.expect(']'));
    return section;
}

PartTree::PartTree(std::vector<message::Part> parts)
    : parts_(std::move(parts)), first_(parts_.size() + 1), children_(parts_.size()) {
    for (auto& part : parts_) {
        if (part.parent >= 0) ++first_[static_cast<std::size_t>(part.parent) + 1];
    }
    for (std::size_t i = 0; i < parts_.size(); ++i) first_[i + 1] += first_[i];
    auto next = first_;
    for (std::size_t i = 0; i < parts_.size(); ++i) {
        if (parts_[i].parent < 0) continue;
        children_[next[static_cast<std::size_t>(parts_[i].parent)]++] =
            static_cast<std::uint32_t>(i);
    }
}

const message::Part* PartTree::child(const message::Part& part, std::uint32_t number) const {
    const auto i = index(part);
    if (number == 0 || number > first_[i + 1] - first_[i]) return nullptr;
    return &parts_[children_[first_[i] + number - 1]];
}

const message::Part* PartTree::message_in(const message::Part& part) const {
    return part.is_message() ? child(part, 1) : nullptr;
}

// RFC 9051 6.4.5.1: a message that is not a multipart has one part, 1; the numbers below a message
// part are those of the message in it.
const message::Part* PartTree::find(const std::vector<std::uint32_t>& path) const {
    const auto* here = &root();
    bool is_message = true;  // `here` stands for a message, not for a part with a number
    for (const auto number : path) {
        if (!is_message && here->is_message()) {
            here = child(*here, 1);
            if (here == nullptr) return nullptr;
            is_message = true;
        }
        if (here->is_multipart()) {
            here = child(*here, number);
            if (here == nullptr) return nullptr;
        } else if (!is_message || number != 1) {
            return nullptr;
        }
        is_message = false;
    }
    return here;
}

Located locate(const Section& section, const PartTree& tree, const message::SummaryView& summary) {
    const bool is_header = section.what == What::Fields || section.what == What::FieldsNot;
    if (section.path.empty()) {
        switch (section.what) {
            case What::All:
                return {{{0, summary.size()}}, false};
            case What::Text:
                return {{{summary.header_size(), summary.size()}}, false};
            case What::Header:
            case What::Fields:
            case What::FieldsNot:
            case What::Mime:
                return {{{0, summary.header_size()}}, is_header};
        }
    }
    const auto* part = tree.find(section.path);
    if (part == nullptr) return {};
    if (section.what == What::All) return {{{part->body_begin, part->body_end}}, false};
    if (section.what == What::Mime) return {{{part->header_begin, part->header_end}}, false};
    const auto* inner = tree.message_in(*part);
    if (inner == nullptr) return {};
    if (section.what == What::Text) return {{{inner->body_begin, inner->body_end}}, false};
    return {{{inner->header_begin, inner->header_end}}, is_header};
}

Located::Range clip(Located::Range range, const std::optional<Partial>& partial) {
    if (!partial) return range;
    const auto size = range.end - range.begin;
    range.begin += std::min(partial->offset, size);
    range.end = range.begin + std::min(partial->length, range.end - range.begin);
    return range;
}

}  // namespace rook::imap
