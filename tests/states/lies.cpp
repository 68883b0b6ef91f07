#include "states/lies.h"

#include <fmt/format.h>

#include "states/core_states.h"
#include "states/damage_states.h"
#include "states/store_states.h"

namespace rook::states {
namespace {

// Far more than any lie has needed.
constexpr std::uint64_t kMost = 400;

bool is_found_out(const Proof& proof, const char* lie) {
    Counts counts;
    for (std::uint64_t seed = 1; counts[proof.unit] < kMost; ++seed) {
        const auto wrong = proof.live(seed, counts);
        if (wrong.empty()) continue;
        fmt::print("{}: {} is found out after {} {}: {}\n", proof.name, lie, counts[proof.unit],
                   proof.unit, wrong.front().substr(0, wrong.front().find('\n')));
        return true;
    }
    fmt::print("WRONG: {}: {} is believed\n", proof.name, lie);
    return false;
}

}  // namespace

int prove_lies() {
    bool is_good = true;
    auto check = [&](const Proof& proof, const char* lie) { is_good &= is_found_out(proof, lie); };
    check(core_proof(StoreLie::AcknowledgesEarly), "a store that acknowledges before it keeps");
    check(core_proof(StoreLie::TearsBatches), "a store that keeps a part of a batch");
    check(core_proof(StoreLie::SkipsBatches), "a store that keeps a batch without the one before");
    check(store_proof(FilesLie::SyncDoesNothing), "a flush of files that does nothing");
    check(store_proof(FilesLie::SyncDirDoesNothing), "a flush of names that does nothing");
    check(damage_proof(DamageLie::ServesAlteredBytes), "a server that skips a checksum");
    check(damage_proof(DamageLie::HidesMail), "a server that hides mail");
    check(damage_proof(DamageLie::ChecksNothing), "a check that finds nothing");
    check(damage_proof(DamageLie::RepairsNothing), "a repair that mends nothing");
    check(damage_proof(DamageLie::RepairsOnlyFiles), "a repair that leaves mailboxes as they are");
    return is_good ? 0 : 1;
}

}  // namespace rook::states
