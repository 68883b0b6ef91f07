#include "message/decode.h"

#include <array>
#include <optional>

#include "base/ascii.h"
#include "message/charset.h"
#include "message/html_text.h"

namespace rook::message {
namespace {

constexpr std::uint64_t kPiece = 64 * 1024;
constexpr std::uint8_t kNoDigit = 0xFF, kPadding = 0xFE;

consteval std::array<std::uint8_t, 256> make_digits() {
    std::array<std::uint8_t, 256> table{};
    table.fill(kNoDigit);
    std::uint8_t value = 0;
    for (char c :
         std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")) {
        table[static_cast<unsigned char>(c)] = value++;
    }
    table['='] = kPadding;
    return table;
}
constexpr auto kDigits = make_digits();

std::string_view parameter(const Part& part, std::string_view name) {
    for (auto& [key, value] : part.parameters) {
        if (key == name) return value;
    }
    return {};
}

}  // namespace

Encoding encoding_of(std::string_view name) {
    if (iequals(name, "base64")) return Encoding::Base64;
    if (iequals(name, "quoted-printable")) return Encoding::QuotedPrintable;
    for (std::string_view plain : {"", "7bit", "8bit", "binary", "7-bit", "8-bit"}) {
        if (iequals(name, plain)) return Encoding::Identity;
    }
    return Encoding::Unknown;
}

void BodyDecoder::feed(std::string_view encoded, std::string& out) {
    switch (encoding_) {
        case Encoding::Identity:
        case Encoding::Unknown:
            out += encoded;
            break;
        case Encoding::Base64:
            feed_base64(encoded, out);
            break;
        case Encoding::QuotedPrintable:
            feed_quoted_printable(encoded, out);
            break;
    }
}

void BodyDecoder::feed_base64(std::string_view encoded, std::string& out) {
    auto old = out.size();
    out.resize(old + encoded.size() / 4 * 3 + 6);
    char* to = out.data() + old;
    auto* p = reinterpret_cast<const unsigned char*>(encoded.data());
    auto* end = p + encoded.size();
    while (p != end) {
        // Four digits at once, the common case.
        if (digits_ == 0 && end - p >= 4) {
            std::uint32_t a = kDigits[p[0]], b = kDigits[p[1]], c = kDigits[p[2]],
                          d = kDigits[p[3]];
            if ((a | b | c | d) < 64) {
                std::uint32_t group = a << 18 | b << 12 | c << 6 | d;
                *to++ = static_cast<char>(group >> 16);
                *to++ = static_cast<char>(group >> 8);
                *to++ = static_cast<char>(group);
                p += 4;
                continue;
            }
        }
        auto digit = kDigits[*p++];
        if (digit == kPadding) {
            // Ends a group; more may follow where encoded pieces were joined.
            digits_ = 0;
            bits_ = 0;
        } else if (digit != kNoDigit) {
            bits_ = bits_ << 6 | digit;
            digits_ = (digits_ + 1) % 4;
            static constexpr int kShift[] = {0, -1, 4, 2};  // after the 4th, 1st, 2nd, 3rd digit
            if (digits_ != 1) *to++ = static_cast<char>(bits_ >> kShift[digits_]);
        }
    }
    out.resize(static_cast<std::size_t>(to - out.data()));
}

// White space before a line end is not part of the text, "=" before one joins lines (RFC 2045 6.7).
void BodyDecoder::end_line(std::string& out) {
    bool soft = held_.find('=') != held_.npos;
    if (!soft) {
        if (held_.ends_with('\r')) out += '\r';
        out += '\n';
    }
    held_.clear();
}

void BodyDecoder::feed_quoted_printable(std::string_view encoded, std::string& out) {
    for (std::size_t i = 0; i < encoded.size();) {
        if (held_.empty()) {
            auto stop = encoded.find_first_of("= \t\r\n", i);
            if (stop == encoded.npos) stop = encoded.size();
            out.append(encoded, i, stop - i);
            i = stop;
            if (i == encoded.size()) break;
        }
        char c = encoded[i++];
        if (c == '\n') {
            end_line(out);
        } else if (held_.size() == 2 && held_[0] == '=' && hex_value(held_[1]) >= 0) {
            if (hex_value(c) >= 0) {
                out += static_cast<char>(hex_value(held_[1]) << 4 | hex_value(c));
                held_.clear();
            } else {
                out += held_;
                held_.clear();
                --i;
            }
        } else if (held_ == "=" && hex_value(c) >= 0) {
            held_ += c;
        } else if (is_blank(c) || c == '\r') {
            // Long runs are text for sure: keep memory bounded.
            if (held_.size() > 1000) {
                out += held_;
                held_.clear();
            }
            held_ += c;
        } else {
            out += held_;
            held_.clear();
            --i;
            if (c == '=') {
                held_ = "=";
                ++i;
            } else {
                out += encoded[i++];
            }
        }
    }
}

void BodyDecoder::finish(std::string& out) {
    // "=" as the very last byte joins with a line that is not there.
    if (encoding_ == Encoding::QuotedPrintable && !held_.starts_with('=')) out += held_;
    if (encoding_ == Encoding::QuotedPrintable && held_.size() == 2 && hex_value(held_[1]) >= 0)
        out += held_;
    held_.clear();
    bits_ = 0;
    digits_ = 0;
}

std::string decode_all(Encoding encoding, std::string_view encoded) {
    std::string out;
    BodyDecoder decoder(encoding);
    decoder.feed(encoded, out);
    decoder.finish(out);
    return out;
}

PartReader::PartReader(Source& source, const Part& part)
    : source_(source),
      at_(part.body_begin),
      end_(part.body_end),
      decoder_(encoding_of(part.encoding)) {}

Result<std::string> PartReader::read() {
    std::string out;
    while (out.empty() && at_ < end_) {
        auto piece = TRY(source_.read(at_, std::min(kPiece, end_ - at_)));
        if (piece.empty())
            return fail(Why::Corrupt, "Message is damaged", "a part ends behind the message");
        at_ += piece.size();
        if (decoder_.is_identity()) {
            out = std::move(piece);
        } else {
            decoder_.feed(piece, out);
        }
        if (at_ >= end_) decoder_.finish(out);
    }
    return out;
}

struct TextReader::State {
    State(Source& source, const Part& part, Html html)
        : bytes(source, part), converter(parameter(part, "charset")) {
        if (html == Html::ToText && part.type == "text" && part.subtype == "html")
            to_text.emplace();
    }
    PartReader bytes;
    Utf8Converter converter;
    std::optional<HtmlText> to_text;
    bool at_end = false;
};

TextReader::TextReader(Source& source, const Part& part, Html html)
    : state_(std::make_unique<State>(source, part, html)) {}
TextReader::~TextReader() = default;

Result<std::string> TextReader::read() {
    std::string out;
    while (out.empty() && !state_->at_end) {
        auto piece = TRY(state_->bytes.read());
        state_->at_end = piece.empty();
        std::string text;
        state_->converter.feed(piece, text);
        if (state_->at_end) state_->converter.finish(text);
        if (!state_->to_text) {
            out = std::move(text);
            continue;
        }
        state_->to_text->feed(text, out);
        if (state_->at_end) state_->to_text->finish(out);
    }
    return out;
}

}  // namespace rook::message
