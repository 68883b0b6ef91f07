// BINARY (RFC 3516, RFC 9051 6.4.5): parts with their Content-Transfer-Encoding undone.
#include "imap/command_list.h"
#include "imap/fetch_message.h"

namespace rook::imap::extensions {

namespace {

// What is decoded at once, by the size of what is encoded.
constexpr std::uint64_t kAtOnce = 256 * 1024;

// The part that is meant; null when there is none. An empty path means the message as it is, which
// a multipart or a message in a part is too.
struct Wanted {
    const message::Part* part = nullptr;
    bool is_message = false;
};
Result<Wanted> find(const Section& section, FetchMessage& message) {
    if (section.path.empty()) return Wanted{nullptr, true};
    const auto* part = TRY(message.parts())->find(section.path);
    if (part && message::encoding_of(part->encoding) == message::Encoding::Unknown)
        return fail(Why::Unsupported, "The encoding of a part is not known here");
    return Wanted{part, false};
}

bool is_encoded(const message::Part& part) {
    return !part.is_multipart() &&
           message::encoding_of(part.encoding) != message::Encoding::Identity;
}

struct Measure {
    std::uint64_t size = 0;
    bool has_nul = false;
};
Result<Measure> measure(FetchMessage& message, const message::Part& part) {
    Measure measure;
    message::PartReader reader(*TRY(message.source()), part);
    for (;;) {
        const auto bytes = TRY(reader.read());
        if (bytes.empty()) return measure;
        measure.size += bytes.size();
        measure.has_nul |= bytes.find('\0') != bytes.npos;
    }
}

class Binary final : public FetchValue {
public:
    enum class Seen : std::uint8_t { Sets, Leaves };
    Binary(Section section, Seen seen) : section_(std::move(section)), seen_(seen) {
        name_ = "BINARY[" + section_.spelled + "]";
        if (section_.partial) name_ += "<" + std::to_string(section_.partial->offset) + ">";
    }
    bool sets_seen() const override { return seen_ == Seen::Sets; }

    Result<> write(FetchMessage& message, wire::Writer& r) const override {
        const auto wanted = TRY(find(section_, message));
        r.atom(name_);
        const auto write_stored = [&](Located::Range range) {
            return message.write_bytes(clip(range, section_.partial), r,
                                       FetchMessage::WithNul::Literal8);
        };
        if (wanted.is_message) return write_stored({0, message.summary().size()});
        if (!wanted.part) {
            r.nil();
            return {};
        }
        const auto& part = *wanted.part;
        if (!is_encoded(part)) return write_stored({part.body_begin, part.body_end});
        return write_decoded(message, part, r);
    }

private:
    Result<> write_decoded(FetchMessage& message, const message::Part& part,
                           wire::Writer& r) const {
        if (part.body_end - part.body_begin <= kAtOnce) {
            const auto encoded = TRY(message.read({part.body_begin, part.body_end}));
            const auto bytes = message::decode_all(message::encoding_of(part.encoding), encoded);
            const auto range = clip({0, bytes.size()}, section_.partial);
            const auto wanted =
                std::string_view(bytes).substr(range.begin, range.end - range.begin);
            write_head(wanted.size(), wanted.find('\0') != wanted.npos, r);
            r.raw(wanted);
            return {};
        }
        const auto all = TRY(measure(message, part));
        const auto range = clip({0, all.size}, section_.partial);
        write_head(range.end - range.begin, all.has_nul, r);
        message.stream_decoded(part, range.begin, range.end - range.begin);
        return {};
    }

    // RFC 3516 4.3: only a literal8 may hold NUL.
    static void write_head(std::uint64_t size, bool has_nul, wire::Writer& r) {
        if (has_nul) {
            r.literal8_head(size);
        } else {
            r.literal_head(size);
        }
    }

    std::string name_;
    Section section_;
    Seen seen_;
};

class BinarySize final : public FetchValue {
public:
    explicit BinarySize(Section section) : section_(std::move(section)) {}

    Result<> write(FetchMessage& message, wire::Writer& r) const override {
        const auto wanted = TRY(find(section_, message));
        r.atom("BINARY.SIZE[" + section_.spelled + "]");
        r.number(TRY(size(message, wanted)));
        return {};
    }

private:
    static Result<std::uint64_t> size(FetchMessage& message, const Wanted& wanted) {
        if (wanted.is_message) return message.summary().size();
        if (!wanted.part) return 0;
        if (is_encoded(*wanted.part)) return TRY(measure(message, *wanted.part)).size;
        return wanted.part->body_end - wanted.part->body_begin;
    }

    Section section_;
};

Result<FetchValuePtr> read_binary(wire::Args& args, Binary::Seen seen) {
    auto section = TRY(read_part_section(args));
    section.partial = TRY(read_partial(args));
    return std::make_unique<Binary>(std::move(section), seen);
}

constexpr FetchItem fetch_items[] = {
    {.name = "BINARY",
     .parse = [](wire::Args& args) { return read_binary(args, Binary::Seen::Sets); }},
    {.name = "BINARY.PEEK",
     .parse = [](wire::Args& args) { return read_binary(args, Binary::Seen::Leaves); }},
    {.name = "BINARY.SIZE",
     .parse = [](wire::Args& args) -> Result<FetchValuePtr> {
         return std::make_unique<BinarySize>(TRY(read_part_section(args)));
     }},
};

}  // namespace

extern const Extension binary{
    .name = "BINARY",
    .rfc = "3516",
    .capability = "BINARY",
    .fetch_items = fetch_items,
};

}  // namespace rook::imap::extensions
