// A message's bytes as the store keeps them: chunks of 64 KB, each compressed when that pays, so
// that a part is read without the rest.
//
// Threads: functions: any; a StoredBody as message::Source says.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mailbox/types.h"
#include "message/source.h"
#include "store/store.h"

namespace rook::mailbox {

constexpr std::size_t kBodyChunk = 64 * 1024;
constexpr std::size_t kSummaryChunk = 90 * 1024;

// The payload of a B record: codec, raw length, bytes.
std::string encode_chunk(std::string_view raw);
Result<std::string> decode_chunk(std::string_view payload);

// The first chunk carries the whole message's size in front, so that opening a small message is one
// read.
std::string encode_first_chunk(std::uint64_t size, std::string_view chunk_payload);
struct FirstChunk {
    std::uint64_t size;
    std::string_view chunk;
};
Result<FirstChunk> decode_first_chunk(std::string_view payload);

// Of a message of this size: never 0.
std::uint32_t body_chunks(std::uint64_t size);

// Where encoded chunks come from; the first without its size.
class ChunkReader {
public:
    virtual ~ChunkReader() = default;
    virtual Result<std::string> chunk(std::uint32_t i) = 0;  // decoded
};

// Reads a message piece by piece, keeping the chunk that it read last.
class ChunkedSource : public message::Source {
public:
    ChunkedSource(std::uint64_t size, std::unique_ptr<ChunkReader> reader)
        : size_(size), reader_(std::move(reader)) {}
    std::uint64_t size() const override { return size_; }
    Result<std::string> read(std::uint64_t offset, std::uint64_t length) override;
    // Spares a read: the chunk is known already.
    void keep(std::uint32_t i, std::string chunk) {
        last_ = i;
        last_chunk_ = std::move(chunk);
    }

private:
    static constexpr std::uint32_t kNone = 0xFFFFFFFF;
    const std::uint64_t size_;
    std::unique_ptr<ChunkReader> reader_;
    std::uint32_t last_ = kNone;
    std::string last_chunk_;
};

// Gone when the email is not (or no longer) there.
Result<std::unique_ptr<message::Source>> open_body(const store::Store&, AccountId, EmailId);

// An encoded Summary as the payloads of its S records, and back.
std::vector<std::string> split_summary(std::string_view record);
std::uint32_t summary_chunks(std::size_t record_bytes);
// One result an email.
std::vector<Result<std::shared_ptr<const std::string>>> load_summaries(const store::Store&,
                                                                       AccountId,
                                                                       const std::vector<EmailId>&);

}  // namespace rook::mailbox
