#include "imap/fetch_message.h"

#include <algorithm>

namespace rook::imap {

namespace {

// A message up to this is read whole, once, whatever is asked of it.
constexpr std::uint64_t kWhole = 64 * 1024;
// More than this is not held in memory.
constexpr std::uint64_t kAtOnce = 256 * 1024;
// Pieces lie as the chunks of a body do: each is one, and comes without a copy.
constexpr std::uint64_t kPiece = 64 * 1024;

std::uint64_t piece_size(std::uint64_t at, std::uint64_t end) {
    return std::min(kPiece - at % kPiece, end - at);
}

std::unexpected<Error> cut_short() {
    return fail(Why::Corrupt, "Message is damaged", "its bytes end before its size");
}

}  // namespace

std::string_view FlagsTexts::text(Session& s, const mailbox::Entry& entry) {
    const bool is_recent = !s.has(Feature::Rev2) && s.view().is_recent(entry.uid);
    const auto hash = (entry.keywords * 0x9E3779B97F4A7C15u >> 58) ^ entry.flags;
    auto& slot = slots_[(hash + (is_recent ? 32 : 0)) % slots_.size()];
    if (slot.text.empty() || slot.keywords != entry.keywords || slot.flags != entry.flags ||
        slot.is_recent != is_recent) {
        slot = {entry.keywords, entry.flags, is_recent, {}};
        Reply r(slot.text, s.reply().style());
        s.write_flags(entry, s.view().keyword_names(), r);
        slot.text.erase(0, slot.text.find('('));
    }
    return slot.text;
}

Result<const PartTree*> FetchMessage::parts() {
    if (!parts_) parts_.emplace(TRY(summary().parts()));
    return &*parts_;
}

Result<message::Source*> FetchMessage::source() {
    if (!source_) source_ = TRY(session_.account().body(entry_.email));
    return source_.get();
}

Result<std::string_view> FetchMessage::read(Located::Range range) {
    const auto size = range.end - range.begin;
    const auto header = summary().header();
    if (range.end <= header.size()) return header.substr(range.begin, size);
    auto* from = TRY(source());
    if (from->size() <= kWhole) {
        if (whole_.empty()) whole_ = TRY(from->read(0, from->size()));
        if (range.end > whole_.size()) return cut_short();
        return std::string_view(whole_).substr(range.begin, size);
    }
    scratch_ = TRY(from->read(range.begin, size));
    if (scratch_.size() != size) return cut_short();
    return scratch_;
}

Result<bool> FetchMessage::has_nul(Located::Range range) {
    auto* from = TRY(source());
    for (auto at = range.begin; at < range.end;) {
        const auto bytes = TRY(from->read(at, piece_size(at, range.end)));
        if (bytes.empty()) return cut_short();
        if (bytes.find('\0') != bytes.npos) return true;
        at += bytes.size();
    }
    return false;
}

// Before the literal is announced, so that damage can still be told.
Result<> FetchMessage::hold(Located::Range range) {
    auto* from = TRY(source());
    for (auto at = range.begin; at < range.end;) {
        auto bytes = TRY(from->read(at, piece_size(at, range.end)));
        if (bytes.empty()) return cut_short();
        at += bytes.size();
        held_.push_back(std::move(bytes));
    }
    return {};
}

Result<> FetchMessage::write_bytes(Located::Range range, wire::Writer& r, WithNul with_nul) {
    const auto size = range.end - range.begin;
    const bool may_be_8 = with_nul == WithNul::Literal8;
    if (size == 0) {
        r.quoted("");
    } else if (is_last_ && !may_be_8 && size > kWhole && size <= kAtOnce) {
        TRY(hold(range));
        r.literal_head(size);
        left_ = size;
    } else if (size <= kAtOnce) {
        const auto bytes = TRY(read(range));
        const bool is_8 = may_be_8 && bytes.find('\0') != bytes.npos;
        is_8 ? r.literal8_head(size) : r.literal_head(size);
        auto& holder = bytes.data() == whole_.data() ? whole_ : scratch_;
        if (is_last_ && bytes.data() == holder.data() && size == holder.size()) {
            held_.push_back(std::move(holder));
            left_ = size;
        } else {
            r.raw(bytes);
        }
    } else {
        TRY(source());
        const bool is_8 = may_be_8 && TRY(has_nul(range));
        is_8 ? r.literal8_head(size) : r.literal_head(size);
        at_ = range.begin;
        left_ = size;
    }
    return {};
}

void FetchMessage::stream_decoded(const message::Part& part, std::uint64_t skip,
                                  std::uint64_t size) {
    decoder_ = std::make_unique<message::PartReader>(*source_, part);
    skip_ = skip;
    left_ = size;
}

Result<std::string> FetchMessage::next_bytes() {
    std::string bytes;
    if (given_ < held_.size()) {
        bytes = std::move(held_[given_++]);
    } else if (decoder_) {
        while (bytes.empty()) {
            bytes = TRY(decoder_->read());
            if (bytes.empty()) return cut_short();
            const auto skipped = std::min<std::uint64_t>(skip_, bytes.size());
            bytes.erase(0, skipped);
            skip_ -= skipped;
        }
        if (bytes.size() > left_) bytes.resize(left_);
    } else {
        bytes = TRY(source_->read(at_, piece_size(at_, at_ + left_)));
        if (bytes.empty()) return cut_short();
        at_ += bytes.size();
    }
    left_ -= bytes.size();
    if (left_ == 0) decoder_.reset();
    return bytes;
}

}  // namespace rook::imap
