// FETCH's sockets: data items and modifiers, which extensions add to (RFC 9051 6.4.5).
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "imap/wire/args.h"
#include "imap/wire/writer.h"
#include "mailbox/view.h"

namespace rook::imap {

class Session;

// What a data item may look at while one message is answered.
struct FetchContext {
    Session& session;
    const mailbox::View::Item& item;
};

// A data item with its section and so on, parsed.
class FetchValue {
public:
    virtual ~FetchValue() = default;
    virtual Result<> write(FetchContext&, wire::Writer&) = 0;
};

struct FetchItem {
    std::string_view name;  // "FLAGS", "BODY.PEEK"
    // Reads what follows the name.
    Result<std::unique_ptr<FetchValue>> (*parse)(wire::Args&) = nullptr;
};

// "(CHANGEDSINCE 12345)" behind the items.
struct FetchRequest;
struct FetchModifier {
    std::string_view name;
    Result<> (*parse)(wire::Args&, FetchRequest&) = nullptr;
};

}  // namespace rook::imap
