// An email on its way in: bytes up to Limits::staged_in_memory are kept, larger ones go to the
// account's store in chunks as they come, under the final email id and beside a record that the
// commit removes; what a crash leaves is swept when the account is next loaded. The Summary and the
// search signature are made while the bytes pass.
//
// Made by:  Account::stage. Dropped without add(): its chunks are freed.
// Threads:  one at a time; write() and finish() may touch the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "message/source.h"
#include "message/summary.h"

namespace rook::mailbox {

class Staged {
public:
    virtual ~Staged() = default;
    virtual Result<> write(
        std::string_view bytes) = 0;  // NoSpace, Io; TooBig above Limits::message_bytes
    virtual std::uint64_t size() const = 0;
    // Ends the bytes. Once, before Account::add. After it the bytes can be read back.
    virtual Result<> finish() = 0;
    virtual const message::Summary& summary() const = 0;  // after finish()
    virtual message::Source& source() = 0;                // after finish()
};

}  // namespace rook::mailbox
