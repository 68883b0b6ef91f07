// Chunks of stored bodies: any payload is refused or at most 64 KB; what was packed comes out.
#include "base/check.h"
#include "base/fuzzing.h"
#include "mailbox/body.h"

using namespace rook;
using namespace rook::mailbox;

FUZZ(text) {
    if (auto raw = decode_chunk(text)) CHECK(raw->size() <= kBodyChunk);
    const auto raw = text.substr(0, kBodyChunk);
    CHECK(decode_chunk(encode_chunk(raw)) == raw);
    if (auto first = decode_first_chunk(text)) {
        CHECK(text.ends_with(first->chunk));
        (void)decode_chunk(first->chunk);
    }
    std::string again;
    for (auto& piece : split_summary(text)) {
        CHECK(!piece.empty());
        again += piece;
    }
    CHECK(again.size() >= text.size());
}
