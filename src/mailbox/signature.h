// A search signature: which 4-byte grams an email's text has, as a small Bloom filter, so that a
// body search reads only the emails that can match.
//
// It covers the normal form (message/compare_text.h) of everything that SEARCH TEXT looks at
// (search_text.h), gram by gram, and so never denies a text that is there. What cannot be covered
// (over kSignatureText of text, a piece that could not be read) makes it say "may match" to all.
// Layout of the stored payload: version, log2 of the bytes of bits, bits.
//
// Threads: plain values. Used by: Staged (makes it), search.cpp (asks it).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "message/source.h"
#include "message/summary.h"

namespace rook::mailbox {

constexpr std::size_t kMinSignatureBits = 64 * 8;
constexpr std::size_t kMaxSignatureBits = 32 * 1024 * 8;
// Of decoded text, in its normal form. A message with more has an empty signature: always scanned.
constexpr std::size_t kSignatureText = 1 << 20;

// Takes text in its normal form, piece by piece.
class SignatureMaker {
public:
    SignatureMaker();
    // The text goes on from the last piece.
    void add(std::string_view normal);
    // What comes next does not touch what came before: no gram spans the two.
    void end_text() { tail_.clear(); }
    // How many bytes were added.
    std::size_t bytes() const { return bytes_; }
    std::string finish() const;

private:
    void add_grams(std::string_view);

    std::vector<std::uint64_t> bits_;
    std::size_t distinct_ = 0, bytes_ = 0;
    std::string tail_;  // the last three bytes
};

// The signature of a message that was just parsed. At most 32 KB and 2 bytes; empty ("scan it")
// when there is too much text or the source fails. Reads the text parts of `source` once, at most
// about kSignatureText decoded, in pieces.
std::string make_signature(const message::Summary&, message::Source&);

// Asks signatures for one needle.
class SignatureQuery {
public:
    // In its normal form.
    explicit SignatureQuery(std::string_view normal_needle);
    // False only when the text is certainly not there. True for an empty or damaged signature and
    // for one of another version.
    bool may_match(std::string_view signature) const;
    // The needle is too short to be asked for.
    bool is_blind() const { return grams_.empty(); }

private:
    std::vector<std::pair<std::size_t, std::uint64_t>>
        grams_;  // the needle's distinct words and masks
};

}  // namespace rook::mailbox
