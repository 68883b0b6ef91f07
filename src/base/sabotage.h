// Mistakes that a server can be built to make, so that each proof and each kind of attack that
// looks for one is seen to find it (tests/crash/README.md, tests/attack/README.md).
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
    KeepPlaintext,       // keep-plaintext: what was sent behind STARTTLS is read inside of TLS
    LoneNewline,         // lone-newline: a dot behind a bare LF ends a message
    AssertInput,         // assert-input: a string without its end is taken for a bug of ours
    NoLimit,             // no-limit: a line may be as long as it likes
    LookAgain,           // look-again: what does not close is looked for at each of its beginnings
    TellUnknown,         // tell-unknown: a name that nobody has is refused without a hash
    KeepStrangers,       // keep-strangers: in a full server nobody makes room
};

bool sabotaged(Sabotage);

}  // namespace rook
