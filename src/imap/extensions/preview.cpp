// PREVIEW (RFC 8970): the first words of a message, made when it arrived; so LAZY is no other.
#include "imap/command_list.h"
#include "imap/fetch_message.h"

namespace rook::imap::extensions {

namespace {

class Preview final : public FetchValue {
    Result<> write(FetchMessage& message, wire::Writer& r) const override {
        r.atom("PREVIEW").string(message.summary().preview());
        return {};
    }
};

// "PREVIEW" or "PREVIEW (LAZY)". In a list of items the parenthesis can only be its own.
Result<FetchValuePtr> read_preview(wire::Args& args) {
    if (args.rest().starts_with(" (")) {
        // Behind a single item the same may be FETCH's modifiers.
        if (!istarts_with(args.rest(), " (LAZY)")) return std::make_unique<Preview>();
        TRY(args.space());
        TRY(args.list(wire::Args::Empty::Refused, [](wire::Args& one) -> Result<> {
            return one.take_word("LAZY") ? Result<>{} : one.bad("LAZY");
        }));
    }
    return std::make_unique<Preview>();
}

constexpr FetchItem fetch_items[] = {{.name = "PREVIEW", .parse = read_preview}};

}  // namespace

extern const Extension preview{
    .name = "PREVIEW",
    .rfc = "8970",
    .capability = "PREVIEW",
    .fetch_items = fetch_items,
};

}  // namespace rook::imap::extensions
