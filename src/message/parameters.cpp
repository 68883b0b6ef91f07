#include "message/parameters.h"

#include <algorithm>
#include <map>

#include "base/ascii.h"
#include "message/charset.h"
#include "message/encoded_word.h"

namespace rook::message {
namespace {

struct Piece {
    std::string name;     // base name, lower case
    std::uint32_t index;  // 0 when not continued
    bool continued, extended;
    std::string value;
};

// Reads along a value. Linear: the search for the end of a comment or string that does not close is
// made once.
class ValueReader {
public:
    explicit ValueReader(std::string_view value) : rest_(value) {}

    enum class Comments : std::uint8_t { Drop, Keep };
    // The text up to one of `stops` or the end.
    std::string until(std::string_view stops, Comments comments) {
        std::string out;
        while (!rest_.empty() && stops.find(rest_[0]) == stops.npos) {
            if (rest_[0] == '(' && comments == Comments::Drop && skip_comment()) continue;
            out += rest_[0];
            rest_.remove_prefix(1);
        }
        return std::string(trim(out));
    }

    // At a quote that closes: the string in it.
    std::optional<std::string> quoted() {
        if (!may_quote_ || !rest_.starts_with('"')) return std::nullopt;
        std::string out;
        for (std::size_t i = 1; i < rest_.size(); ++i) {
            // Windows paths in file names: a backslash escapes only what needs it.
            if (rest_[i] == '\\' && i + 1 < rest_.size() &&
                (rest_[i + 1] == '"' || rest_[i + 1] == '\\')) {
                out += rest_[++i];
            } else if (rest_[i] == '"') {
                rest_.remove_prefix(i + 1);
                return out;
            } else {
                out += rest_[i];
            }
        }
        may_quote_ = false;
        return std::nullopt;
    }

    bool at(char c) const { return rest_.starts_with(c); }
    bool at_end() const { return rest_.empty(); }
    void skip() { rest_.remove_prefix(1); }
    void skip_space() { rest_ = trim_left(rest_); }

private:
    bool skip_comment() {
        if (!may_comment_) return false;
        std::size_t depth = 0;
        for (std::size_t i = 0; i < rest_.size(); ++i) {
            if (rest_[i] == '\\') {
                ++i;
            } else if (rest_[i] == '(') {
                ++depth;
            } else if (rest_[i] == ')' && --depth == 0) {
                rest_.remove_prefix(i + 1);
                return true;
            }
        }
        return may_comment_ = false;
    }

    std::string_view rest_;
    bool may_quote_ = true, may_comment_ = true;
};

Piece make_piece(std::string_view name) {
    Piece piece{to_lower(name), 0, false, false, {}};
    if (piece.name.ends_with('*')) {
        piece.extended = true;
        piece.name.pop_back();
    }
    auto star = piece.name.rfind('*');
    if (star == piece.name.npos) return piece;
    if (auto index = parse_number<std::uint32_t>(std::string_view(piece.name).substr(star + 1))) {
        piece.index = *index;
        piece.continued = true;
        piece.name.resize(star);
    }
    return piece;
}

std::vector<Piece> read_pieces(ValueReader& reader) {
    using Comments = ValueReader::Comments;
    std::vector<Piece> pieces;
    // A name may have many pieces, so allow some for each.
    while (!reader.at_end() && pieces.size() < kMostParameters * 10) {
        reader.skip_space();
        auto name = reader.until("=;", Comments::Drop);
        if (reader.at_end()) break;
        bool has_value = reader.at('=');
        reader.skip();
        if (!has_value) continue;
        reader.skip_space();
        auto piece = make_piece(name);
        if (auto text = reader.quoted()) {
            piece.value = std::move(*text);
            reader.until(";", Comments::Keep);
        } else {
            if (reader.at('"')) reader.skip();
            bool is_file_name = piece.name == "name" || piece.name == "filename";
            piece.value = reader.until(";", is_file_name ? Comments::Keep : Comments::Drop);
        }
        if (!piece.name.empty()) pieces.push_back(std::move(piece));
    }
    return pieces;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 &&
            hex_value(text[i + 2]) >= 0) {
            out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string without_nul(std::string text) {
    std::erase(text, '\0');
    return text;
}

// Pieces of one name, sorted by index.
Parameter join(const std::vector<const Piece*>& pieces) {
    Parameter out;
    out.name = pieces[0]->name;
    std::string bytes, charset;
    bool extended = false;
    std::uint32_t expected = pieces[0]->index;
    for (auto* piece : pieces) {
        if (piece->continued && piece->index != expected++)
            break;  // a gap: what is behind it cannot be trusted
        std::string_view value = piece->value;
        if (!piece->extended) {
            bytes += value;
            continue;
        }
        if (!extended) {
            auto first = value.find('\''),
                 second = first == value.npos ? first : value.find('\'', first + 1);
            if (second != value.npos) {
                charset = value.substr(0, first);
                value.remove_prefix(second + 1);
            }
        }
        extended = true;
        bytes += percent_decode(value);
    }
    out.value = without_nul(extended ? to_utf8(bytes, charset) : decode_encoded_words(bytes));
    out.imap_name = out.name;
    out.imap_value = extended ? out.value : without_nul(bytes);
    // RFC 9051 7.5.2, "body parameter parenthesized list".
    if (extended && !is_ascii(out.value)) out.imap_name += '*';
    return out;
}

}  // namespace

const std::string* ContentValue::find(std::string_view name) const {
    for (auto& parameter : parameters) {
        if (parameter.name == name) return &parameter.value;
    }
    return nullptr;
}

ContentValue parse_content_value(std::string_view value) {
    ContentValue out;
    ValueReader reader(value);
    out.word = to_lower(reader.until(";", ValueReader::Comments::Drop));
    std::erase_if(out.word, [](char c) { return is_space(c) || is_ctl(c); });
    auto pieces = read_pieces(reader);

    // Names in the order in which they first appear; of several values of one kind the first.
    std::map<std::string_view, std::size_t> places;
    std::vector<std::vector<const Piece*>> groups;
    for (auto& piece : pieces) {
        auto [at, is_new] = places.try_emplace(piece.name, groups.size());
        if (is_new && groups.size() >= kMostParameters) break;
        if (is_new) groups.emplace_back();
        groups[at->second].push_back(&piece);
    }
    for (auto& group : groups) {
        // RFC 2231 beside the plain form: the first says more (RFC 6266 4.3 advises the same).
        auto rank = [](const Piece* p) {
            return p->extended && !p->continued ? 0 : p->continued ? 1 : 2;
        };
        int best = 2;
        for (auto* piece : group) best = std::min(best, rank(piece));
        std::erase_if(group, [&](const Piece* p) { return rank(p) != best; });
        if (best != 1) group.resize(1);
        std::sort(group.begin(), group.end(), [](auto* a, auto* b) {
            return a->index != b->index ? a->index < b->index : a < b;
        });
        group.erase(std::unique(group.begin(), group.end(),
                                [](auto* a, auto* b) { return a->index == b->index; }),
                    group.end());
        out.parameters.push_back(join(group));
    }
    return out;
}

std::optional<std::pair<std::string, std::string>> split_media_type(std::string_view word) {
    auto slash = word.find('/');
    if (slash == word.npos || slash == 0 || slash + 1 == word.size()) return std::nullopt;
    for (std::size_t i = 0; i < word.size(); ++i) {
        char c = word[i];
        bool is_token = !is_ctl(c) && !is_8bit(c) &&
                        std::string_view("()<>@,;:\\\"[]?= ").find(c) == std::string_view::npos;
        if (i != slash && (!is_token || c == '/')) return std::nullopt;
    }
    return std::pair(std::string(word.substr(0, slash)), std::string(word.substr(slash + 1)));
}

}  // namespace rook::message
