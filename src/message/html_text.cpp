#include "message/html_text.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/utf8.h"

namespace rook::message {
namespace {

constexpr std::size_t kTokenKept = 32;

struct Entity {
    std::string_view name;
    char32_t character;
};
constexpr Entity kEntities[] = {
    {"amp", '&'},      {"lt", '<'},       {"gt", '>'},       {"quot", '"'},      {"apos", '\''},
    {"nbsp", 0xA0},    {"copy", 0xA9},    {"reg", 0xAE},     {"trade", 0x2122},  {"hellip", 0x2026},
    {"mdash", 0x2014}, {"ndash", 0x2013}, {"lsquo", 0x2018}, {"rsquo", 0x2019},  {"ldquo", 0x201C},
    {"rdquo", 0x201D}, {"sbquo", 0x201A}, {"bdquo", 0x201E}, {"laquo", 0xAB},    {"raquo", 0xBB},
    {"bull", 0x2022},  {"middot", 0xB7},  {"euro", 0x20AC},  {"pound", 0xA3},    {"yen", 0xA5},
    {"cent", 0xA2},    {"sect", 0xA7},    {"para", 0xB6},    {"deg", 0xB0},      {"plusmn", 0xB1},
    {"times", 0xD7},   {"divide", 0xF7},  {"frac12", 0xBD},  {"szlig", 0xDF},    {"auml", 0xE4},
    {"ouml", 0xF6},    {"uuml", 0xFC},    {"Auml", 0xC4},    {"Ouml", 0xD6},     {"Uuml", 0xDC},
    {"agrave", 0xE0},  {"aacute", 0xE1},  {"acirc", 0xE2},   {"atilde", 0xE3},   {"aring", 0xE5},
    {"aelig", 0xE6},   {"ccedil", 0xE7},  {"egrave", 0xE8},  {"eacute", 0xE9},   {"ecirc", 0xEA},
    {"euml", 0xEB},    {"igrave", 0xEC},  {"iacute", 0xED},  {"icirc", 0xEE},    {"iuml", 0xEF},
    {"ntilde", 0xF1},  {"ograve", 0xF2},  {"oacute", 0xF3},  {"ocirc", 0xF4},    {"otilde", 0xF5},
    {"oslash", 0xF8},  {"ugrave", 0xF9},  {"uacute", 0xFA},  {"ucirc", 0xFB},    {"Agrave", 0xC0},
    {"Aacute", 0xC1},  {"Aring", 0xC5},   {"AElig", 0xC6},   {"Ccedil", 0xC7},   {"Egrave", 0xC8},
    {"Eacute", 0xC9},  {"Ntilde", 0xD1},  {"Oacute", 0xD3},  {"Oslash", 0xD8},   {"Uacute", 0xDA},
    {"shy", 0xAD},     {"zwnj", 0x200C},  {"zwj", 0x200D},   {"thinsp", 0x2009}, {"ensp", 0x2002},
    {"emsp", 0x2003},  {"iexcl", 0xA1},   {"iquest", 0xBF},  {"rarr", 0x2192},   {"larr", 0x2190},
    {"check", 0x2713}, {"infin", 0x221E}, {"minus", 0x2212}, {"prime", 0x2032},  {"oelig", 0x153},
    {"scaron", 0x161},
};

// The character, or 0 when it is none that we know.
char32_t entity_character(std::string_view name) {
    if (name.starts_with('#')) {
        name.remove_prefix(1);
        bool hex = name.starts_with('x') || name.starts_with('X');
        if (hex) name.remove_prefix(1);
        char32_t value = 0;
        if (name.empty() || name.size() > 8) return 0;
        for (char c : name) {
            int digit = hex_value(c);
            if (digit < 0 || (!hex && digit > 9)) return 0;
            value = value * (hex ? 16 : 10) + static_cast<char32_t>(digit);
        }
        return value == 0 ? kReplacement : value;
    }
    auto found = std::find_if(std::begin(kEntities), std::end(kEntities),
                              [&](auto& e) { return e.name == name; });
    return found == std::end(kEntities) ? 0 : found->character;
}

constexpr std::array<std::string_view, 26> kBlocks = {
    "p",  "div",  "br",   "tr",         "li",      "h1",      "h2",     "h3",    "h4",
    "h5", "h6",   "ul",   "ol",         "table",   "hr",      "pre",    "dl",    "dt",
    "dd", "form", "body", "blockquote", "section", "article", "header", "footer"};
constexpr std::array<std::string_view, 3> kSkipped = {"style", "script", "title"};

template <std::size_t N>
bool is_in(const std::array<std::string_view, N>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

// What a byte is in text: a plain one, a blank, or one that needs a look.
constexpr std::uint8_t kPlain = 0, kBlank = 1, kOther = 2;
constexpr auto kTextBytes = [] {
    std::array<std::uint8_t, 256> table{};
    for (unsigned char c : {'<', '&', '\t', '\r', '\n', '\f', '\0'}) table[c] = kOther;
    table[' '] = kBlank;
    return table;
}();

}  // namespace

void HtmlText::space(std::string& out, char c) {
    if (c == '\n' && last_ == ' ') {
        // A line end takes the place of the blank before it, when that is still in this piece.
        if (!out.empty() && out.back() == ' ') out.pop_back();
        last_ = 'x';
    }
    if (last_ == ' ' || last_ == '\n') return;
    out += c;
    last_ = c;
}

// How many bytes are text as they stand: plain ones, with single blanks between them.
std::size_t HtmlText::plain_text(std::string_view html) const {
    auto before = last_ == ' ' || last_ == '\n' ? kBlank : kPlain;
    std::size_t n = 0;
    for (; n < html.size(); ++n) {
        const auto kind = kTextBytes[static_cast<unsigned char>(html[n])];
        if (kind + before >= kOther) break;
        before = kind;
    }
    return n;
}

void HtmlText::text_byte(char c, std::string& out) {
    if (c == '<') {
        mode_ = Mode::Tag;
        token_.clear();
        quote_ = 0;
    } else if (c == '&') {
        mode_ = Mode::Entity;
        token_.clear();
    } else if (is_space(c) || c == '\0' || c == '\f') {
        space(out, ' ');
    } else {
        out += c;
        last_ = c;
    }
}

void HtmlText::end_entity(std::string& out) {
    mode_ = Mode::Text;
    char32_t c = entity_character(token_);
    if (c == 0xA0 || c == ' ' || c == '\n' || c == '\t' || c == '\r') {
        space(out, ' ');
    } else if (c == 0xAD || c == 0x200B || c == 0x200C || c == 0x200D || c == 0xFEFF ||
               c == 0x34F || c == kReplacement) {
        // Invisible; newsletters pad their preview with them.
    } else if (c) {
        append_utf8(out, c);
        last_ = 'x';
    } else {
        out += '&';
        out += token_;
        last_ = 'x';
    }
}

void HtmlText::tag_byte(char c, std::string& out) {
    if (token_.empty() && !is_alpha(c) && c != '/' && c != '!' && c != '?') {
        // A "<" that opens nothing.
        mode_ = Mode::Text;
        out += '<';
        last_ = '<';
        text_byte(c, out);
        return;
    }
    if (quote_) {
        if (c == quote_) quote_ = 0;
        return;
    }
    if (c == '>') return end_tag(out);
    // Quotes count only where a value may begin, so that a lone one in a tag does not eat the rest.
    if ((c == '"' || c == '\'') && before_[1] == '=') quote_ = c;
    if (!is_space(c)) before_[1] = c;
    if (token_.size() < kTokenKept) token_ += is_space(c) ? ' ' : to_lower(c);
    if (token_.size() == 3 && token_ == "!--") {
        mode_ = Mode::Comment;
        before_[0] = before_[1] = 0;
    }
}

void HtmlText::end_tag(std::string& out) {
    mode_ = Mode::Text;
    before_[0] = before_[1] = 0;
    std::string_view name = token_;
    bool closes = name.starts_with('/');
    if (closes) name.remove_prefix(1);
    name = name.substr(0, name.find_first_of(" /"));
    if (is_in(kBlocks, name)) space(out, '\n');
    if (name == "td" || name == "th") space(out, ' ');
    if (!closes && is_in(kSkipped, name)) {
        mode_ = Mode::Skip;
        skip_ = "</" + std::string(name);
        token_.clear();
    }
}

void HtmlText::comment_byte(char c) {
    if (c == '>' && before_[0] == '-' && before_[1] == '-') {
        mode_ = Mode::Text;
        before_[0] = before_[1] = 0;
        return;
    }
    before_[0] = before_[1];
    before_[1] = c;
}

void HtmlText::feed(std::string_view html, std::string& out) {
    for (std::size_t i = 0; i < html.size(); ++i) {
        char c = html[i];
        switch (mode_) {
            case Mode::Text:
                if (const auto plain = plain_text(html.substr(i)); plain > 0) {
                    out.append(html, i, plain);
                    last_ = out.back();
                    i += plain - 1;
                } else {
                    text_byte(c, out);
                }
                break;
            case Mode::Tag:
                tag_byte(c, out);
                // An attribute's value is passed over at once, up to the byte that may end it.
                if (quote_) i = std::min(html.find(quote_, i + 1), html.size()) - 1;
                break;
            case Mode::Comment:
                comment_byte(c);
                break;
            case Mode::Entity:
                if ((is_alnum(c) || (c == '#' && token_.empty())) && token_.size() < kTokenKept) {
                    token_ += c;
                } else {
                    end_entity(out);
                    if (c != ';') text_byte(c, out);
                }
                break;
            case Mode::Skip:
                // Matches "</style" byte by byte; then the rest of that tag is read as a tag.
                if (token_.empty() && c != '<') {
                    i = std::min(html.find('<', i), html.size()) - 1;
                } else if (to_lower(c) == skip_[token_.size()]) {
                    token_ += c;
                } else {
                    token_.assign(c == '<' ? 1 : 0, '<');
                }
                if (token_.size() == skip_.size()) {
                    mode_ = Mode::Tag;
                    token_ = skip_.substr(1);
                    quote_ = 0;
                }
                break;
        }
    }
}

void HtmlText::finish(std::string& out) {
    if (mode_ == Mode::Entity) end_entity(out);
    if (mode_ == Mode::Tag && token_.empty()) out += '<';
    *this = HtmlText();
}

std::string html_to_text(std::string_view html) {
    HtmlText text;
    std::string out;
    text.feed(html, out);
    text.finish(out);
    return out;
}

}  // namespace rook::message
