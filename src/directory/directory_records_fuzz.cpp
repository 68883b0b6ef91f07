// The directory's records with good seals and any payload: refused, or written again as they were
// understood.
#include "base/check.h"
#include "base/codec.h"
#include "base/fuzzing.h"
#include "directory/records.h"

using namespace rook;
using namespace rook::directory;

// An app password is some 200 bytes, and can be a dozen of the record.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 60, .total_times = 400})) {
    constexpr std::uint8_t kVersion = 1;
    const auto key = account_key(AccountId{5});
    (void)read_account(key, text);
    CHECK(domain_of_key(domain_key(text)) == text);
    if (auto account = read_account(key, sealed(kVersion, key, text))) {
        const auto written = account_value(*account);
        const auto again = read_account(key, written);
        CHECK(again && account_value(*again) == written);
    }
    const auto alias = alias_key("a@example.org");
    if (auto read = read_alias(alias, sealed(kVersion, alias, text))) {
        const auto again = read_alias(alias_key(read->address), alias_value(*read));
        CHECK(again && again->address == read->address && again->targets == read->targets);
    }
    if (auto number = read_number(key, sealed(kVersion, key, text)))
        CHECK(read_number(key, number_value(key, *number)) == *number);
    CHECK(read_text(key, text_value(key, text)) == text);
}
