// Any bytes as an mbox file of each kind, and as the names of Maildir's files.
#include "admin/import/mbox.h"

#include <sstream>

#include "admin/import/maildir.h"
#include "base/ascii.h"
#include "base/check.h"
#include "base/fuzzing.h"

using namespace rook;
using namespace rook::admin;

FUZZ(text) {
    fuzz::Input in(text);
    constexpr MboxKind kinds[] = {MboxKind::Rd, MboxKind::O, MboxKind::Cl, MboxKind::Cl2};
    const auto kind = kinds[in.byte() % 4];
    const std::size_t most = in.byte() % 8 == 0 ? 100 : 1 << 20;
    std::istringstream file{std::string(in.rest())};
    MboxReader reader(file, kind, most);
    FileMessage message;
    // The separator of the message that comes next is behind us already.
    std::uint64_t before = 0;
    std::size_t messages = 0;
    for (;;) {
        const auto more = reader.next(message);
        CHECK(reader.position() <= in.rest().size());
        if (!more || !*more) break;
        CHECK(reader.position() >= before && message.bytes.size() <= most + 2);
        CHECK(++messages <= in.rest().size() / 5);
        before = reader.position();
    }
    for (auto& flag : maildir_flags(in.rest(), {"a", "b"})) CHECK(!flag.empty());
}
