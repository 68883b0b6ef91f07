#include "mailbox/search_text.h"

#include <algorithm>

#include "message/encoded_word.h"
#include "message/header.h"

namespace rook::mailbox {
namespace {

constexpr std::uint64_t kSmallMessage = 64 * 1024;
constexpr std::uint64_t kPartHeader = 64 * 1024;

}  // namespace

std::string header_text(std::string_view header) {
    std::string out;
    message::FieldReader fields(header);
    while (auto field = fields.next()) {
        out.append(field->name).append(": ");
        out.append(message::decode_encoded_words(message::unfold(field->value))).append("\r\n");
    }
    return out;
}

SearchText::SearchText(std::string_view header, const std::vector<message::Part>& parts,
                       message::Source& source, Which which)
    : header_(header), parts_(parts), source_(&source), which_(which) {}

void SearchText::begin_text(bool is_header) {
    is_header_ = is_header;
    is_start_ = is_open_ = true;
    form_ = {};
}

// Once, before the source is used: a small message is read at once.
Result<> SearchText::load() {
    if (is_loaded_) return {};
    is_loaded_ = true;
    if (source_->size() > kSmallMessage) return {};
    whole_ = TRY(source_->read(0, source_->size()));
    whole_source_.emplace(whole_);
    source_ = &*whole_source_;
    return {};
}

// Goes to the next text that there is: a header, whose text is then in decoded_header_, or a text
// part.
Result<bool> SearchText::next_text() {
    while (part_ < parts_.size()) {
        auto& part = parts_[part_];
        if (!header_done_) {
            header_done_ = true;
            if (which_ == Which::Bodies) continue;
            if (part_ == 0) {
                decoded_header_ = header_text(header_);
            } else {
                TRY(load());
                auto bytes = std::min(part.header_end - part.header_begin, kPartHeader);
                decoded_header_ = header_text(TRY(source_->read(part.header_begin, bytes)));
            }
            if (decoded_header_.empty()) continue;
            begin_text(true);
            return true;
        }
        header_done_ = false;
        ++part_;
        if (part.type != "text" || part.body_begin >= part.body_end) continue;
        TRY(load());
        reader_.emplace(*source_, part, message::TextReader::Html::ToText);
        begin_text(false);
        return true;
    }
    return false;
}

// The next piece of the text that is being read; nullopt when it is over.
Result<std::optional<SearchText::Piece>> SearchText::next_piece() {
    normal_.clear();
    while (is_open_ && normal_.empty()) {
        std::string more;
        if (reader_) {
            more = TRY(reader_->read());
        } else {
            more.swap(decoded_header_);
        }
        if (more.empty()) {
            is_open_ = false;
            reader_.reset();
            form_.finish(normal_);
        } else {
            form_.feed(more, normal_);
        }
    }
    if (normal_.empty()) return std::nullopt;
    Piece piece{.normal = normal_, .is_header = is_header_, .is_start = is_start_};
    is_start_ = false;
    return piece;
}

Result<SearchText::Piece> SearchText::read() {
    for (;;) {
        if (auto piece = TRY(next_piece())) return *piece;
        if (!TRY(next_text())) return Piece{.is_end = true};
    }
}

}  // namespace rook::mailbox
