#include "message/compare_text.h"

#include <string.h>  // memmem
#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include "base/ascii.h"
#include "base/check.h"
#include "base/utf8.h"

namespace rook::message {
namespace {

constexpr std::size_t kMostHeld = 4096;

void append_normal(std::string_view text, std::string& out) {
    if (is_ascii(text)) {
        auto old = out.size();
        out.resize(old + text.size());
        char* to = out.data() + old;
        for (const char* from = text.data(); from != text.data() + text.size(); ++from)
            *to++ = to_lower(*from);
        return;
    }
    // ICU leaves bad sequences as they are.
    if (!is_valid_utf8(text)) return append_normal(to_valid_utf8(text), out);
    UErrorCode error = U_ZERO_ERROR;
    auto* form = icu::Normalizer2::getNFKCCasefoldInstance(error);
    CHECK(U_SUCCESS(error));
    icu::StringByteSink<std::string> sink(&out);
    form->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())),
                        sink, nullptr, error);
    CHECK(U_SUCCESS(error));
}

// Where a piece may be cut: before its last ASCII byte, which combines with nothing before it but
// perhaps with what follows.
std::size_t safe_end(std::string_view text) {
    for (std::size_t i = text.size(); i-- > 0 && text.size() - i <= kMostHeld;) {
        if (!is_8bit(text[i])) return i;
    }
    if (text.size() <= kMostHeld) return 0;
    // No ASCII for long: between two characters at least.
    return truncate_utf8(text, text.size() - 1).size();
}

}  // namespace

std::string normal_form(std::string_view utf8) {
    std::string out;
    NormalForm form;
    // ICU counts in 32 bits.
    constexpr std::size_t kPiece = 1 << 20;
    for (; utf8.size() > kPiece; utf8.remove_prefix(kPiece)) form.feed(utf8.substr(0, kPiece), out);
    form.feed(utf8, out);
    form.finish(out);
    return out;
}

void NormalForm::feed(std::string_view utf8, std::string& out) {
    if (held_.empty()) {
        auto end = safe_end(utf8);
        append_normal(utf8.substr(0, end), out);
        held_ = utf8.substr(end);
        return;
    }
    held_ += utf8;
    auto end = safe_end(held_);
    append_normal(std::string_view(held_).substr(0, end), out);
    held_.erase(0, end);
}

void NormalForm::finish(std::string& out) {
    append_normal(held_, out);
    held_.clear();
}

bool contains(std::string_view haystack, std::string_view needle) {
    // glibc's memmem is linear for every needle; string_view::find is not.
    return memmem(haystack.data(), haystack.size(), needle.data(), needle.size()) != nullptr ||
           needle.empty();
}

bool NeedleFinder::feed(std::string_view piece) {
    if (found_) return true;
    // The needle may lie across the border of two pieces.
    auto across = tail_ + std::string(piece.substr(0, needle_.size() - 1));
    found_ = contains(across, needle_) || contains(piece, needle_);
    auto keep = needle_.size() - 1;
    if (piece.size() >= keep) {
        tail_ = piece.substr(piece.size() - keep);
    } else {
        tail_ += piece;
        if (tail_.size() > keep) tail_.erase(0, tail_.size() - keep);
    }
    return found_;
}

}  // namespace rook::message
