#include "mailbox/body.h"

#include <lz4.h>

#include <algorithm>

#include "base/codec.h"
#include "mailbox/keys.h"
#include "mailbox/records.h"

namespace rook::mailbox {
namespace {

using store::Table;

enum class Codec : std::uint8_t { Raw = 0, Lz4 = 1 };
constexpr std::size_t kMinCompress = 256;

std::unexpected<Error> damaged(const char* what) {
    return fail(Why::Corrupt, "The message is damaged", what);
}
std::unexpected<Error> gone() { return fail(Why::Gone, "The message is no longer there"); }

// Calls `take` with the payload of the i-th chunk's record.
template <class Take>
Result<> read_chunk(const store::Store& store, AccountId account, EmailId email, std::uint32_t i,
                    Take take) {
    const auto key = keys::body(email, i);
    const bool is_there =
        TRY(store.lend(account, Table::Bodies, key, [&](std::string_view value) -> Result<> {
            return take(TRY(unseal(key, value, kValueVersion)).payload);
        }));
    if (!is_there) return gone();
    return {};
}

class StoredChunks final : public ChunkReader {
public:
    StoredChunks(const store::Store& store, AccountId account, EmailId email)
        : store_(store), account_(account), email_(email) {}

    Result<std::string> chunk(std::uint32_t i) override {
        std::string chunk;
        TRY(read_chunk(store_, account_, email_, i, [&](std::string_view payload) -> Result<> {
            if (i == 0) payload = TRY(decode_first_chunk(payload)).chunk;
            chunk = TRY(decode_chunk(payload));
            return {};
        }));
        return chunk;
    }

private:
    const store::Store& store_;
    const AccountId account_;
    const EmailId email_;
};

}  // namespace

std::string encode_chunk(std::string_view raw) {
    std::string out;
    Writer writer(out);
    if (raw.size() >= kMinCompress) {
        std::string packed(
            static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(raw.size()))), '\0');
        const auto n = static_cast<std::size_t>(
            LZ4_compress_default(raw.data(), packed.data(), static_cast<int>(raw.size()),
                                 static_cast<int>(packed.size())));
        // A sixteenth must be saved: it is paid for at every read.
        if (n > 0 && n < raw.size() - raw.size() / 16) {
            packed.resize(n);
            out.reserve(n + 8);
            writer.u8(static_cast<std::uint8_t>(Codec::Lz4)).varint(raw.size()).bytes(packed);
            return out;
        }
    }
    writer.u8(static_cast<std::uint8_t>(Codec::Raw)).varint(raw.size()).bytes(raw);
    return out;
}

Result<std::string> decode_chunk(std::string_view payload) {
    Reader in(payload);
    const auto codec = in.u8();
    const auto length = in.varint();
    if (in.failed() || length > kBodyChunk) return damaged("chunk header");
    const auto bytes = in.rest();
    if (codec == static_cast<std::uint8_t>(Codec::Raw)) {
        if (bytes.size() != length) return damaged("chunk length");
        return std::string(bytes);
    }
    if (codec != static_cast<std::uint8_t>(Codec::Lz4)) return damaged("chunk codec");
    std::string raw;
    raw.resize_and_overwrite(length, [&](char* to, std::size_t room) {
        const auto n = LZ4_decompress_safe(bytes.data(), to, static_cast<int>(bytes.size()),
                                           static_cast<int>(room));
        return static_cast<std::size_t>(std::max(n, 0));
    });
    if (raw.size() != length) return damaged("chunk does not decompress");
    return raw;
}

std::string encode_first_chunk(std::uint64_t size, std::string_view chunk_payload) {
    std::string out;
    out.reserve(chunk_payload.size() + 10);
    Writer(out).varint(size).bytes(chunk_payload);
    return out;
}

Result<FirstChunk> decode_first_chunk(std::string_view payload) {
    Reader in(payload);
    const auto size = in.varint();
    if (in.failed()) return damaged("first chunk");
    return FirstChunk{size, in.rest()};
}

std::uint32_t body_chunks(std::uint64_t size) {
    return size == 0 ? 1 : static_cast<std::uint32_t>((size - 1) / kBodyChunk + 1);
}

Result<std::string> ChunkedSource::read(std::uint64_t offset, std::uint64_t length) {
    std::string out;
    if (offset >= size_) return out;
    const auto end = offset + std::min(length, size_ - offset);
    while (offset < end) {
        const auto i = static_cast<std::uint32_t>(offset / kBodyChunk);
        if (i != last_) {
            last_ = kNone;
            keep(i, TRY(reader_->chunk(i)));
        }
        const auto first = offset - std::uint64_t{i} * kBodyChunk;
        if (first >= last_chunk_.size()) return damaged("chunk too short");
        const auto piece = std::min<std::uint64_t>(end - offset, last_chunk_.size() - first);
        // Who reads on takes the chunk itself.
        if (out.empty() && piece == last_chunk_.size() && offset + piece == end) {
            last_ = kNone;
            return std::move(last_chunk_);
        }
        if (out.empty()) out.reserve(end - offset);
        out.append(last_chunk_, first, piece);
        offset += piece;
    }
    return out;
}

Result<std::unique_ptr<message::Source>> open_body(const store::Store& store, AccountId account,
                                                   EmailId email) {
    std::unique_ptr<ChunkedSource> source;
    TRY(read_chunk(store, account, email, 0, [&](std::string_view payload) -> Result<> {
        const auto first = TRY(decode_first_chunk(payload));
        source = std::make_unique<ChunkedSource>(
            first.size, std::make_unique<StoredChunks>(store, account, email));
        source->keep(0, TRY(decode_chunk(first.chunk)));
        return {};
    }));
    return source;
}

std::uint32_t summary_chunks(std::size_t record_bytes) {
    return static_cast<std::uint32_t>(record_bytes / kSummaryChunk + 1);
}

std::vector<std::string> split_summary(std::string_view record) {
    std::vector<std::string> chunks;
    const auto count = summary_chunks(record.size());
    for (std::size_t i = 0; i < count; ++i) {
        auto& chunk = chunks.emplace_back();
        if (i == 0) Writer(chunk).varint(count);
        chunk.append(record.substr(i * kSummaryChunk, kSummaryChunk));
    }
    return chunks;
}

namespace {

Result<std::shared_ptr<const std::string>> join_summary(const store::Store& store,
                                                        AccountId account, EmailId email,
                                                        const std::optional<std::string>& value) {
    if (!value) return gone();
    Reader first(TRY(unseal(keys::summary(email, 0), *value, kValueVersion)).payload);
    const auto count = first.varint();
    if (first.failed() || count == 0 || count > 1000) return damaged("summary chunks");
    auto record = std::make_shared<std::string>(first.rest());
    if (count == 1) return record;
    std::vector<std::string> wanted;
    for (std::uint32_t i = 1; i < count; ++i) wanted.push_back(keys::summary(email, i));
    const auto values = TRY(store.find_many(account, Table::Summaries, wanted));
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!values[i]) return gone();
        record->append(TRY(unseal(wanted[i], *values[i], kValueVersion)).payload);
    }
    return record;
}

}  // namespace

std::vector<Result<std::shared_ptr<const std::string>>> load_summaries(
    const store::Store& store, AccountId account, const std::vector<EmailId>& emails) {
    std::vector<Result<std::shared_ptr<const std::string>>> out;
    std::vector<std::string> wanted;
    for (auto& email : emails) wanted.push_back(keys::summary(email, 0));
    auto values = store.find_many(account, Table::Summaries, wanted);
    for (std::size_t i = 0; i < emails.size(); ++i) {
        if (values) {
            out.push_back(join_summary(store, account, emails[i], (*values)[i]));
        } else {
            out.push_back(std::unexpected(values.error()));
        }
    }
    return out;
}

}  // namespace rook::mailbox
