// Mailbox names: the canonical form of a canonical one is itself.
#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"
#include "mailbox/names.h"

using namespace rook;
using namespace rook::mailbox;

FUZZ(text) {
    const Limits limits;
    const auto found = lookup_name(text, limits);
    const auto name = canonical_name(text, limits);
    CHECK(name ? found == *name : found.empty());
    if (!name) return;
    CHECK(is_valid_utf8(*name) && !name->empty() && name->size() <= limits.mailbox_name_bytes);
    CHECK(canonical_name(*name, limits) == *name && to_nfc(*name) == *name);
    CHECK(!name->starts_with('/') && !name->ends_with('/'));
    for (auto& parent : parents_of(*name)) {
        CHECK(is_below(*name, parent));
        CHECK(canonical_name(parent, limits) == parent);
    }
}
