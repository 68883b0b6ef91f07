// Addresses and domains: the canonical form of a canonical one is itself.
#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"
#include "directory/address.h"
#include "directory/directory.h"

using namespace rook;
using namespace rook::directory;

FUZZ(text) {
    if (auto domain = canonical_domain(text)) CHECK(canonical_domain(*domain) == *domain);
    if (auto local = canonical_local(text)) CHECK(canonical_local(*local) == *local);
    if (auto address = canonical_address(text)) {
        CHECK(address->size() <= 254 && is_valid_utf8(*address));
        CHECK(canonical_address(*address) == *address);
        const auto parts = halves(*address);
        CHECK(canonical_local(parts.local) == parts.local);
        CHECK(canonical_domain(parts.domain) == parts.domain);
    }
}
