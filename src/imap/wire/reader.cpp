#include "imap/wire/reader.h"

#include <algorithm>
#include <limits>

#include "base/ascii.h"
#include "base/check.h"
#include "base/sabotage.h"

namespace rook::imap::wire {

namespace {

// Longer than any literal's head.
constexpr std::size_t kSkippedTail = 64;
// A literal that nobody wants is read to its end up to this size; beyond it the connection closes.
constexpr std::uint64_t kMaxSkipped = std::uint64_t{256} << 20;

std::string_view without_line_end(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

void free_string(std::string& s) { std::string().swap(s); }

}  // namespace

std::optional<Literal> literal_at_end(std::string_view line) {
    if (!line.ends_with('}')) return std::nullopt;
    const auto brace = line.rfind('{');
    if (brace == line.npos) return std::nullopt;
    auto digits = line.substr(brace + 1, line.size() - brace - 2);
    Literal literal;
    if (digits.ends_with('+')) {
        literal.synchronizing = false;
        digits.remove_suffix(1);
    }
    if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) return std::nullopt;
    literal.size =
        parse_number<std::uint64_t>(digits).value_or(std::numeric_limits<std::uint64_t>::max());
    literal.is_binary = brace > 0 && line[brace - 1] == '~';
    return literal;
}

Reader::Event Reader::feed(std::string_view input, Literals literals) {
    release();
    if (input.empty()) return {};
    switch (mode_) {
        case Mode::Line:
            return feed_line(input, literals);
        case Mode::Literal:
            return feed_literal(input);
        case Mode::Skip:
            return feed_skip(input);
        case Mode::Stream:
            break;
    }
    const auto bytes = input.substr(0, std::min<std::uint64_t>(literal_left_, input.size()));
    literal_left_ -= bytes.size();
    if (literal_left_ == 0) mode_ = Mode::Line;
    return {.what = What::Chunk, .taken = bytes.size(), .text = bytes};
}

Reader::Event Reader::feed_line(std::string_view input, Literals literals) {
    const auto newline = input.find('\n');
    const auto piece = newline == input.npos ? input : input.substr(0, newline + 1);
    line_bytes_ += piece.size();
    // The line end is not counted, nor is the first half of one.
    if (line_bytes_ > limits_.line + 2 && !sabotaged(Sabotage::NoLimit))
        return {.what = What::TooLong, .taken = input.size()};
    if (newline == input.npos) {
        buffer_ += piece;
        return {.taken = piece.size()};
    }
    if (!buffer_.empty()) buffer_ += piece;
    const auto line = buffer_.empty() ? piece : std::string_view(buffer_).substr(line_begin_);
    if (literals == Literals::Read) {
        if (const auto literal = literal_at_end(without_line_end(line))) {
            if (buffer_.empty()) buffer_ = piece;
            announced_ = *literal;
            return {.what = What::NeedLiteral,
                    .taken = piece.size(),
                    .text = buffer_,
                    .literal = *literal};
        }
    }
    given_.swap(buffer_);
    line_bytes_ = line_begin_ = 0;
    return {.what = What::Line,
            .taken = piece.size(),
            .text = without_line_end(given_.empty() ? piece : std::string_view(given_))};
}

Reader::Event Reader::feed_literal(std::string_view input) {
    const auto bytes = input.substr(0, std::min<std::uint64_t>(literal_left_, input.size()));
    buffer_ += bytes;
    literal_left_ -= bytes.size();
    if (literal_left_ == 0) {
        mode_ = Mode::Line;
        line_begin_ = buffer_.size();
    }
    return {.taken = bytes.size()};
}

Reader::Event Reader::feed_skip(std::string_view input) {
    if (literal_left_ > 0) {
        const auto bytes = std::min<std::uint64_t>(literal_left_, input.size());
        literal_left_ -= bytes;
        return {.taken = bytes};
    }
    const auto newline = input.find('\n');
    const auto piece = newline == input.npos ? input : input.substr(0, newline + 1);
    buffer_ += piece.size() > kSkippedTail ? piece.substr(piece.size() - kSkippedTail) : piece;
    if (buffer_.size() > kSkippedTail) buffer_.erase(0, buffer_.size() - kSkippedTail);
    if (newline == input.npos) return {.taken = piece.size()};
    const auto literal = literal_at_end(without_line_end(buffer_));
    buffer_.clear();
    if (literal && !literal->synchronizing) {
        if (literal->size > kMaxSkipped) return {.what = What::TooLong, .taken = input.size()};
        literal_left_ = literal->size;
        return {.taken = piece.size()};
    }
    forget();
    return {.what = What::Skipped, .taken = piece.size()};
}

bool Reader::accept_literal() {
    if (announced_.size > limits_.command || buffer_.size() + announced_.size > limits_.command) {
        return false;
    }
    literal_left_ = announced_.size;
    line_begin_ = buffer_.size();
    if (literal_left_ > 0) mode_ = Mode::Literal;
    return true;
}

void Reader::stream_literal() {
    CHECK(announced_.size > 0);
    free_string(buffer_);
    line_begin_ = 0;
    literal_left_ = announced_.size;
    mode_ = Mode::Stream;
}

void Reader::skip() {
    CHECK(!announced_.synchronizing);
    free_string(buffer_);
    literal_left_ = announced_.size;
    mode_ = Mode::Skip;
}

void Reader::forget() {
    free_string(buffer_);
    line_bytes_ = line_begin_ = 0;
    literal_left_ = 0;
    mode_ = Mode::Line;
}

void Reader::release() {
    if (!given_.empty()) free_string(given_);
}

}  // namespace rook::imap::wire
