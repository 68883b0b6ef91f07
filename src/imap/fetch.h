// FETCH's sockets: data items and modifiers, which extensions add to (RFC 9051 6.4.5).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "imap/command.h"
#include "imap/feature.h"
#include "imap/wire/args.h"
#include "imap/wire/writer.h"

namespace rook::imap {

class FetchMessage;  // fetch_message.h

// What an item looks at; Summaries are then read for many messages at once.
enum class Needs : std::uint8_t { Entry, Summary };

// A data item with its section and so on, parsed; the same for every message.
class FetchValue {
public:
    virtual ~FetchValue() = default;
    virtual Needs needs() const { return Needs::Summary; }
    virtual bool sets_seen() const { return false; }
    // Writes name and value; a long value may be left to FetchMessage::stream(). An error takes
    // back all of the message's response.
    virtual Result<> write(FetchMessage&, wire::Writer&) const = 0;
};
using FetchValuePtr = std::unique_ptr<FetchValue>;

// One of `write` and `parse`.
struct FetchItem {
    std::string_view name;  // "FLAGS", "BODY.PEEK"
    Needs needs = Needs::Entry;
    // Of an item without arguments: writes the value, the name is there.
    Result<> (*write)(FetchMessage&, wire::Writer&) = nullptr;
    // Reads what follows the name: "[HEADER]<0.100>", " (LAZY)".
    Result<FetchValuePtr> (*parse)(wire::Args&) = nullptr;
    // Asking for it switches something on.
    Feature enables = Feature::None;
};

// FETCH as asked.
struct FetchRequest {
    std::vector<FetchValuePtr> values;
    bool has_uid = false, has_flags = false, has_modseq = false;
    bool enables_condstore = false;
    std::optional<ModSeq> changed_since;

    Needs needs() const;
    bool sets_seen() const;
};

// "(CHANGEDSINCE 12345)" behind the items.
struct FetchModifier {
    std::string_view name;
    Result<> (*parse)(wire::Args&, FetchRequest&) = nullptr;
};

// The items of RFC 3501 and 9051 themselves (fetch_items.cpp).
std::span<const FetchItem> base_fetch_items();
// Reads items and modifiers, to the end. UID FETCH answers with the UID, asked for or not.
Result<FetchRequest> read_fetch_request(wire::Args&, By);

}  // namespace rook::imap
