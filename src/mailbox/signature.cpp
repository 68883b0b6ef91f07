#include "mailbox/signature.h"

#include <algorithm>
#include <bit>

#include "mailbox/search_text.h"

namespace rook::mailbox {
namespace {

constexpr int kHashes = 4;
// Bits a distinct gram: at 4 to 8 a needle of seven bytes finds at most one wrong email in 1,500.
constexpr std::size_t kBitsPerGram = 4;
constexpr std::size_t kHead = 2;
constexpr int kRecentBits = 12;

// The low half is where the first bit goes, the high half (made odd) the step to the next ones.
std::uint64_t hash(std::uint32_t gram) {
    auto h = (gram + 0x9E3779B97F4A7C15u) * 0xBF58476D1CE4E5B9u;
    h ^= h >> 29;
    h *= 0x94D049BB133111EBu;
    return h ^ (h >> 32);
}

constexpr std::size_t recent_place(std::uint32_t gram) {
    return (gram * 0x9E3779B1u) >> (32 - kRecentBits);
}

struct Bit {
    std::uint32_t at, step;
    explicit Bit(std::uint64_t h)
        : at(static_cast<std::uint32_t>(h)), step(static_cast<std::uint32_t>(h >> 32) | 1) {}
    void next() { at += step; }
};

// Also changes when the normal form does: an older signature is then no longer asked.
constexpr std::uint8_t version() {
    return static_cast<std::uint8_t>(message::kNormalFormVersion * 16 + kSearchTextVersion);
}

}  // namespace

SignatureMaker::SignatureMaker()
    : bits_(kMaxSignatureBits / 64), recent_(std::size_t{1} << kRecentBits) {
    // At first each place holds a gram that belongs elsewhere.
    static_assert(recent_place(0) == 0 && recent_place(1) != 0);
    recent_[0] = 1;
}

// Everything in locals: this loop sees every byte of mail that is delivered.
void SignatureMaker::add(std::string_view normal) {
    bytes_ += normal.size();
    auto* const bits = bits_.data();
    auto* const recent = recent_.data();
    auto tail = tail_;
    auto distinct = distinct_;
    auto missing = 3 - tail_bytes_;
    for (const char c : normal) {
        tail = tail << 8 | static_cast<unsigned char>(c);
        if (missing > 0) {
            --missing;
            continue;
        }
        // Most grams of a text were there just before.
        auto& place = recent[recent_place(tail)];
        if (place == tail) continue;
        place = tail;
        const auto h = hash(tail);
        std::uint64_t was = ~std::uint64_t{0};
        Bit bit(h);
        for (int i = 0; i < kHashes; ++i, bit.next()) {
            auto& word = bits[bit.at % kMaxSignatureBits / 64];
            was &= word >> (bit.at % 64);
            word |= std::uint64_t{1} << (bit.at % 64);
        }
        distinct += (was & 1) == 0;
    }
    tail_ = tail;
    tail_bytes_ = 3 - missing;
    distinct_ = distinct;
}

std::string SignatureMaker::finish() const {
    auto bits =
        std::clamp(std::bit_ceil(distinct_ * kBitsPerGram), kMinSignatureBits, kMaxSignatureBits);
    // A smaller filter is the halves of the large one laid over each other: places are taken modulo
    // a power of two.
    std::vector<std::uint64_t> folded(bits / 64);
    const auto mask = folded.size() - 1;
    for (std::size_t i = 0; i < bits_.size(); ++i) folded[i & mask] |= bits_[i];
    if constexpr (std::endian::native == std::endian::big) {
        for (auto& word : folded) word = __builtin_bswap64(word);
    }
    std::string out{static_cast<char>(version()), static_cast<char>(std::countr_zero(bits / 8))};
    out.append(reinterpret_cast<const char*>(folded.data()), bits / 8);
    return out;
}

std::string make_signature(const message::Summary& summary, message::Source& source) {
    SignatureMaker maker;
    SearchText text(summary.header, summary.parts, source, SearchText::Which::Everything);
    for (;;) {
        auto piece = text.read();
        if (!piece || maker.bytes() > kSignatureText) return {};
        if (piece->is_end) return maker.finish();
        if (piece->is_start) maker.end_text();
        maker.add(piece->normal);
    }
}

SignatureQuery::SignatureQuery(std::string_view needle) {
    for (std::size_t i = 0; i + 4 <= needle.size(); ++i) {
        std::uint32_t gram = 0;
        for (char c : needle.substr(i, 4)) gram = gram << 8 | static_cast<unsigned char>(c);
        hashes_.push_back(hash(gram));
    }
    std::sort(hashes_.begin(), hashes_.end());
    hashes_.erase(std::unique(hashes_.begin(), hashes_.end()), hashes_.end());
}

bool SignatureQuery::may_match(std::string_view signature) const {
    if (signature.size() < kHead || static_cast<std::uint8_t>(signature[0]) != version())
        return true;
    auto log = static_cast<std::uint8_t>(signature[1]);
    auto bits = signature.substr(kHead);
    if (log > 15 || bits.size() != std::size_t{1} << log) return true;
    auto mask = static_cast<std::uint32_t>(bits.size() * 8 - 1);
    for (auto h : hashes_) {
        Bit bit(h);
        for (int i = 0; i < kHashes; ++i, bit.next()) {
            auto at = bit.at & mask;
            if ((static_cast<std::uint8_t>(bits[at / 8]) >> (at % 8) & 1) == 0) return false;
        }
    }
    return true;
}

}  // namespace rook::mailbox
