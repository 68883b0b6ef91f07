// Mistakes that a server can be built to make, so that each proof that looks for one is seen to
// find it (tests/crash/README.md).
//
// In every program sabotaged() is false, without a choice; only the program that tests/crash builds
// beside it has another one, which makes the mistake that ROOKERY_SABOTAGE names.
// Threads: any.
#pragma once

#include <cstdint>

namespace rook {

enum class Sabotage : std::uint8_t {
    SkipFlush,           // skip-flush: a commit is not flushed to the disk
    AnswerBeforeCommit,  // answer-before-commit: OK is said, then it is written
    ReuseUid,            // reuse-uid: the highest UID of a mailbox is given again when it is free
    ForgetExpunge,       // forget-expunge: a session is not told of one expunge in five
    LeakFlag,            // leak-flag: a session is told flags of another account's message
    SkipChecksum,        // skip-checksum: damaged values are taken as they are
    KeepNumbers,         // keep-numbers: what a restore brings back goes on with its old numbers
};

bool sabotaged(Sabotage);

}  // namespace rook
