#include "mailbox/signature.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "mailbox/search_text.h"

namespace rook::mailbox {
namespace {

constexpr int kFilterVersion = 1;
// Bits a distinct gram: at 3 to 6 a needle of seven bytes finds a wrong email in 230 at most, in
// 1,000 as a rule. More bits cost more to read than they save.
constexpr std::size_t kBitsPerGram = 3;
constexpr std::size_t kHead = 2;
constexpr std::size_t kGram = 4;

// Three bits of a word. A gram has all its bits in one word: one access, which matters because each
// byte of mail that is delivered makes one.
constexpr auto kMasks = [] {
    std::array<std::uint64_t, 1024> masks{};
    std::uint64_t state = 1;
    for (auto& mask : masks) {
        while (std::popcount(mask) < 3) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            mask |= std::uint64_t{1} << (state >> 58);
        }
    }
    return masks;
}();

// Where a gram's bits are: `word` of the largest filter, modulo the words of a smaller one.
struct Place {
    std::size_t word;
    std::uint64_t mask;
    explicit Place(const char* gram) {
        std::uint32_t bytes = 0;
        std::memcpy(&bytes, gram, kGram);
        if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap32(bytes);
        const auto hash = bytes * 0x9E3779B97F4A7C15u;
        word = hash >> 52;
        mask = kMasks[hash >> 42 & 1023];
    }
};
static_assert(kMaxSignatureBits / 64 == 1 << (64 - 52));

// Also changes when the normal form does: an older signature is then no longer asked.
constexpr std::uint8_t version() {
    return static_cast<std::uint8_t>(kFilterVersion * 64 + message::kNormalFormVersion * 8 +
                                     kSearchTextVersion);
}

}  // namespace

SignatureMaker::SignatureMaker() : bits_(kMaxSignatureBits / 64) {}

void SignatureMaker::add(std::string_view normal) {
    bytes_ += normal.size();
    // Grams that begin in what came before, and end here.
    tail_.append(normal.substr(0, kGram - 1));
    add_grams(tail_);
    add_grams(normal);
    if (normal.size() >= kGram) tail_ = normal.substr(normal.size() - (kGram - 1));
    if (tail_.size() >= kGram) tail_.erase(0, tail_.size() - (kGram - 1));
}

void SignatureMaker::add_grams(std::string_view text) {
    auto* const bits = bits_.data();
    std::size_t distinct = 0;
    for (std::size_t at = 0; at + kGram <= text.size(); ++at) {
        const Place place(text.data() + at);
        auto& word = bits[place.word];
        distinct += (word & place.mask) != place.mask;
        word |= place.mask;
    }
    distinct_ += distinct;
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
    for (std::size_t at = 0; at + kGram <= needle.size(); ++at) {
        const Place place(needle.data() + at);
        grams_.emplace_back(place.word, place.mask);
    }
    std::sort(grams_.begin(), grams_.end());
    grams_.erase(std::unique(grams_.begin(), grams_.end()), grams_.end());
}

bool SignatureQuery::may_match(std::string_view signature) const {
    if (signature.size() < kHead || static_cast<std::uint8_t>(signature[0]) != version())
        return true;
    auto log = static_cast<std::uint8_t>(signature[1]);
    auto bits = signature.substr(kHead);
    if (log < 3 || log > 15 || bits.size() != std::size_t{1} << log) return true;
    const auto words = bits.size() / 8;
    for (const auto& [at, mask] : grams_) {
        std::uint64_t word = 0;
        std::memcpy(&word, bits.data() + at % words * 8, 8);
        if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
        if ((word & mask) != mask) return false;
    }
    return true;
}

}  // namespace rook::mailbox
