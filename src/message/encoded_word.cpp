#include "message/encoded_word.h"

#include <optional>

#include "base/ascii.h"
#include "base/utf8.h"
#include "message/charset.h"
#include "message/decode.h"

namespace rook::message {
namespace {

struct Word {
    std::string_view charset;
    std::string bytes;
    std::size_t end;  // behind it
};

std::string decode_q(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '_') {
            out += ' ';
        } else if (text[i] == '=' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
                   hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

class WordDecoder {
public:
    explicit WordDecoder(std::string_view value) : value_(value) {}

    std::string run() {
        for (std::size_t at = 0; at < value_.size();) {
            auto start = value_.find("=?", at);
            if (start == value_.npos) start = value_.size();
            auto plain = value_.substr(at, start - at);
            auto word = start < value_.size() ? read_word(start) : std::nullopt;
            // RFC 2047 6.2: white space between two words is not shown.
            if (!word || !has_pending_ || trim(plain).size() > 0) {
                flush();
                append_plain(plain);
            }
            if (word) {
                add(*word);
                at = word->end;
            } else {
                if (start < value_.size()) out_ += "=?";
                at = start + 2;
            }
        }
        flush();
        return std::move(out_);
    }

private:
    // "=?charset*language?B?text?=" at `start`. Linear over all calls: once no "?=" is found ahead,
    // none is looked for again.
    std::optional<Word> read_word(std::size_t start) {
        auto charset_end = value_.substr(start + 2, 80).find('?');
        if (no_more_ends_ || charset_end == value_.npos || charset_end == 0) return std::nullopt;
        auto charset = value_.substr(start + 2, charset_end);
        auto rest = start + 2 + charset_end + 1;
        if (rest + 2 > value_.size() || value_[rest + 1] != '?') return std::nullopt;
        char encoding = to_lower(value_[rest]);
        if (encoding != 'b' && encoding != 'q') return std::nullopt;
        auto text_begin = rest + 2;
        auto text_end = value_.find("?=", text_begin);
        if (text_end == value_.npos) {
            no_more_ends_ = true;
            return std::nullopt;
        }
        auto text = value_.substr(text_begin, text_end - text_begin);
        Word word;
        word.charset = charset.substr(0, charset.find('*'));
        word.bytes = encoding == 'q' ? decode_q(text) : decode_all(Encoding::Base64, text);
        word.end = text_end + 2;
        return word;
    }

    void add(Word& word) {
        if (has_pending_ && !iequals(pending_charset_, word.charset)) flush();
        has_pending_ = true;
        pending_charset_ = word.charset;
        pending_ += word.bytes;
    }

    void flush() {
        if (has_pending_) {
            // A decoded line end or NUL must not come back into a header.
            for (char c : to_utf8(pending_, pending_charset_)) {
                if (c == '\0') continue;
                out_ += c == '\r' || c == '\n' ? ' ' : c;
            }
        }
        has_pending_ = false;
        pending_.clear();
    }

    void append_plain(std::string_view plain) {
        if (is_ascii(plain)) {
            out_ += plain;
        } else {
            out_ += to_utf8(plain, "");
        }
    }

    std::string_view value_;
    std::string out_, pending_;
    std::string_view pending_charset_;
    bool has_pending_ = false, no_more_ends_ = false;
};

}  // namespace

std::string decode_encoded_words(std::string_view value) {
    if (value.find("=?") == value.npos) return to_utf8(value, "");
    return WordDecoder(value).run();
}

}  // namespace rook::message
