// The data items of IMAP4rev1 and IMAP4rev2 themselves (RFC 3501 and RFC 9051 6.4.5), as rows.
#include "base/date.h"
#include "imap/fetch.h"
#include "imap/fetch_message.h"

namespace rook::imap {

namespace {

enum class Seen : std::uint8_t { Sets, Leaves };

// BODY[...] and the names that RFC 3501 has for some of its sections.
class SectionValue final : public FetchValue {
public:
    SectionValue(std::string_view name, Section section, Seen seen)
        : name_(name), section_(std::move(section)), seen_(seen) {
        if (section_.partial) name_ += "<" + std::to_string(section_.partial->offset) + ">";
    }
    bool sets_seen() const override { return seen_ == Seen::Sets; }

    Result<> write(FetchMessage& message, wire::Writer& r) const override {
        const auto located = TRY(find(message));
        r.atom(name_);
        if (!located.bytes) {
            r.nil();
        } else if (located.is_header) {
            write_fields(TRY(read_header(message, *located.bytes)), r);
        } else {
            TRY(message.write_bytes(clip(*located.bytes, section_.partial), r));
        }
        return {};
    }

private:
    Result<Located> find(FetchMessage& message) const {
        // Of the message itself no part need be known.
        static const PartTree kNoParts{std::vector<message::Part>(1)};
        const auto* tree = section_.path.empty() ? &kNoParts : TRY(message.parts());
        return locate(section_, *tree, message.summary());
    }

    // The parser reads no more of a header either.
    static Result<std::string_view> read_header(FetchMessage& message, Located::Range range) {
        constexpr std::uint64_t kMost = 256 * 1024;
        range.end = std::min(range.end, range.begin + kMost);
        return message.read(range);
    }

    void write_fields(std::string_view header, wire::Writer& r) const {
        const auto pick =
            section_.what == Section::What::Fields ? message::Pick::Only : message::Pick::AllBut;
        const auto fields = message::pick_fields(header, section_.names, pick);
        const auto range = clip({0, fields.size()}, section_.partial);
        r.literal(std::string_view(fields).substr(range.begin, range.end - range.begin));
    }

    std::string name_;
    Section section_;
    Seen seen_;
};

Result<FetchValuePtr> read_body_section(wire::Args& args, Seen seen) {
    auto section = TRY(read_section(args));
    const auto name = "BODY[" + section.spelled + "]";
    return std::make_unique<SectionValue>(name, std::move(section), seen);
}

FetchValuePtr old_name(std::string_view name, Section::What what, Seen seen) {
    Section section;
    section.what = what;
    return std::make_unique<SectionValue>(name, std::move(section), seen);
}

class BodyStructure final : public FetchValue {
    Result<> write(FetchMessage& message, wire::Writer& r) const override {
        r.atom("BODY").atom(message.summary().imap_body());
        return {};
    }
};

// BODY alone is the structure without extension data.
Result<FetchValuePtr> read_body(wire::Args& args) {
    if (args.peek() == '[') return read_body_section(args, Seen::Sets);
    return std::make_unique<BodyStructure>();
}

Result<> write_flags(FetchMessage& message, wire::Writer& r) {
    r.atom(message.flags_text());
    return {};
}

Result<> write_uid(FetchMessage& message, wire::Writer& r) {
    r.number(message.entry().uid);
    return {};
}

Result<> write_internal_date(FetchMessage& message, wire::Writer& r) {
    r.quoted(format_imap_date_time({.seconds = message.entry().received}));
    return {};
}

Result<> write_size(FetchMessage& message, wire::Writer& r) {
    r.number(message.entry().size);
    return {};
}

Result<> write_envelope(FetchMessage& message, wire::Writer& r) {
    r.atom(message.summary().imap_envelope());
    return {};
}

Result<> write_body_structure(FetchMessage& message, wire::Writer& r) {
    r.atom(message.summary().imap_bodystructure());
    return {};
}

constexpr FetchItem kItems[] = {
    {.name = "FLAGS", .write = write_flags},
    {.name = "UID", .write = write_uid},
    {.name = "INTERNALDATE", .write = write_internal_date},
    {.name = "RFC822.SIZE", .write = write_size},
    {.name = "ENVELOPE", .needs = Needs::Summary, .write = write_envelope},
    {.name = "BODYSTRUCTURE", .needs = Needs::Summary, .write = write_body_structure},
    {.name = "BODY", .parse = read_body},
    {.name = "BODY.PEEK",
     .parse = [](wire::Args& args) { return read_body_section(args, Seen::Leaves); }},
    {.name = "RFC822",
     .parse = [](wire::Args&) -> Result<FetchValuePtr> {
         return old_name("RFC822", Section::What::All, Seen::Sets);
     }},
    {.name = "RFC822.HEADER",
     .parse = [](wire::Args&) -> Result<FetchValuePtr> {
         return old_name("RFC822.HEADER", Section::What::Header, Seen::Leaves);
     }},
    {.name = "RFC822.TEXT",
     .parse = [](wire::Args&) -> Result<FetchValuePtr> {
         return old_name("RFC822.TEXT", Section::What::Text, Seen::Sets);
     }},
};

}  // namespace

std::span<const FetchItem> base_fetch_items() { return kItems; }

}  // namespace rook::imap
