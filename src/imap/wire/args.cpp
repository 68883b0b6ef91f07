#include "imap/wire/args.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/check.h"
#include "base/mutf7.h"
#include "base/sabotage.h"
#include "base/utf8.h"
#include "imap/wire/reader.h"

namespace rook::imap::wire {

namespace {

constexpr bool is_pattern_char(char c) { return is_astring_char(c) || c == '%' || c == '*'; }
// Deeper nesting than any value needs.
constexpr unsigned kMaxDepth = 1000;

struct SystemFlag {
    std::string_view name;
    mailbox::Flags flag;
};
constexpr SystemFlag kSystemFlags[] = {
    {"\\Seen", mailbox::kSeen},       {"\\Answered", mailbox::kAnswered},
    {"\\Flagged", mailbox::kFlagged}, {"\\Deleted", mailbox::kDeleted},
    {"\\Draft", mailbox::kDraft},
};

// "{12}" CRLF at the front of `text`: how long the head is and how many bytes follow it.
struct Head {
    std::size_t length;
    std::uint64_t bytes;
};
std::optional<Head> literal_head(std::string_view text) {
    if (!text.starts_with('{')) return std::nullopt;
    const auto newline = text.find('\n');
    if (newline == text.npos) return std::nullopt;
    auto line = text.substr(0, newline);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto literal = literal_at_end(line);
    if (!literal || line.rfind('{') != 0) return std::nullopt;
    return Head{newline + 1, literal->size};
}

}  // namespace

std::unexpected<Error> Args::bad(std::string_view what) const {
    std::string said("Expected ");
    said.append(what).append(", got ");
    if (at_end()) {
        said += "the end of the command";
    } else {
        auto near = rest().substr(0, 20);
        near = near.substr(0, near.find_first_of("\r\n"));
        said.append("\"").append(near).append("\"");
    }
    return fail(Why::BadSyntax, std::move(said));
}

template <class Allowed>
std::string_view Args::run(Allowed&& allowed) {
    const auto begin = at_;
    while (at_ < all_.size() && allowed(all_[at_])) ++at_;
    return all_.substr(begin, at_ - begin);
}

Result<> Args::end() const {
    if (!at_end()) return bad("the end of the command");
    return {};
}

bool Args::take(char c) {
    if (at_end() || all_[at_] != c) return false;
    ++at_;
    return true;
}

Result<> Args::expect(char c) {
    if (take(c)) return {};
    const std::string what{'\'', c, '\''};
    return bad(what);
}

Result<> Args::space() {
    if (take(' ')) return {};
    return bad("a blank");
}

bool Args::take_word(std::string_view word) {
    const auto left = rest();
    if (!istarts_with(left, word)) return false;
    if (left.size() > word.size() && is_atom_char(left[word.size()])) return false;
    at_ += word.size();
    return true;
}

Result<std::string_view> Args::atom() {
    const auto word = run(is_atom_char);
    if (word.empty()) return bad("an atom");
    return word;
}

Result<std::string> Args::astring() {
    if (peek() == '"' || peek() == '{') return string();
    const auto word = run(is_astring_char);
    if (word.empty()) return bad("an atom or a string");
    return std::string(word);
}

Result<std::string> Args::string() {
    if (peek() == '"') return quoted();
    if (peek() == '{') return literal();
    return bad("a string");
}

Result<std::optional<std::string>> Args::nstring() {
    if (take_word("NIL")) return std::optional<std::string>();
    return std::optional<std::string>(TRY(string()));
}

Result<std::string> Args::quoted() {
    TRY(expect('"'));
    std::string out;
    for (;;) {
        out += run(
            [](char c) { return c != '"' && c != '\\' && c != '\r' && c != '\n' && c != '\0'; });
        if (take('"')) break;
        if (!take('\\')) {
            CHECK(!sabotaged(Sabotage::AssertInput));
            return bad("the end of a quoted string");
        }
        if (peek() != '"' && peek() != '\\') return bad("'\"' or '\\' behind a backslash");
        out += all_[at_++];
    }
    // RFC 9051 4.3: 8-bit is UTF-8, and only for who enabled it. RFC 3501 has none at all; search
    // texts of clients that send it anyway are taken as UTF-8 too.
    if (!is_valid_utf8(out)) return fail(Why::BadSyntax, "A quoted string is not valid UTF-8");
    return out;
}

Result<std::string> Args::literal() {
    const auto head = literal_head(rest());
    if (!head) return bad("a literal");
    const auto left = rest().substr(head->length);
    if (left.size() < head->bytes) return bad("a literal's bytes");
    const auto bytes = left.substr(0, head->bytes);
    if (bytes.find('\0') != bytes.npos) {
        return fail(Why::BadSyntax, "NUL has no place in a literal");
    }
    at_ += head->length + head->bytes;
    return std::string(bytes);
}

bool Args::at_open_literal() const {
    auto left = rest();
    if (left.starts_with('~')) left.remove_prefix(1);
    const auto head = literal_head(left);
    return head && head->length == left.size();
}

Result<std::string> Args::decode_name(std::string text) const {
    if (options_.utf8) {
        if (!is_valid_utf8(text)) return fail(Why::Cannot, "The name is not valid UTF-8");
        return text;
    }
    auto name = mutf7_decode(text);
    if (!name) return fail(Why::Cannot, "The name is not valid modified UTF-7");
    return std::move(*name);
}

Result<std::string> Args::pattern() {
    if (peek() == '"' || peek() == '{') {
        auto text = TRY(string());
        return decode_name(std::move(text));
    }
    const auto word = run(is_pattern_char);
    if (word.empty()) return bad("a mailbox name or pattern");
    return decode_name(std::string(word));
}

Result<std::string> Args::mailbox() {
    auto text = TRY(astring());
    return decode_name(std::move(text));
}

Result<std::uint64_t> Args::number64() {
    const auto begin = at_;
    const auto value = parse_number<std::uint64_t>(run(is_digit));
    if (!value || *value > INT64_MAX) {
        at_ = begin;
        return bad("a number");
    }
    return *value;
}

Result<std::uint32_t> Args::number() {
    const auto begin = at_;
    const auto value = parse_number<std::uint32_t>(run(is_digit));
    if (!value) {
        at_ = begin;
        return bad("a number");
    }
    return *value;
}

Result<std::uint32_t> Args::nz_number() {
    const auto begin = at_;
    const auto value = number();
    if (!value || *value == 0 || all_[begin] == '0') {
        at_ = begin;
        return bad("a number that is not 0");
    }
    return *value;
}

Result<std::uint32_t> Args::set_number() {
    if (take('*')) return NumberSet::kStar;
    return nz_number();
}

Result<NumberSet> Args::number_set() {
    NumberSet set;
    if (take('$')) {
        set.is_saved = true;
        return set;
    }
    do {
        const auto first = TRY(set_number());
        const auto last = take(':') ? TRY(set_number()) : first;
        set.ranges.push_back({first, last});
    } while (take(','));
    return set;
}

Result<std::chrono::sys_days> Args::date() {
    const auto begin = at_;
    const bool is_quoted = take('"');
    const auto text = run([](char c) { return is_alnum(c) || c == '-'; });
    const auto day = parse_imap_date(text);
    if (!day || (is_quoted && !take('"'))) {
        at_ = begin;
        return bad("a date such as 1-Feb-1994");
    }
    return *day;
}

Result<DateTime> Args::date_time() {
    const auto begin = at_;
    if (peek() == '"') {
        const auto text = TRY(quoted());
        if (const auto moment = parse_imap_date_time(text)) return *moment;
    }
    at_ = begin;
    return bad("a date and time such as \"17-Jul-1996 02:44:25 -0700\"");
}

Result<> Args::add_flag(mailbox::FlagList& list) {
    const auto begin = at_;
    const bool is_system = take('\\');
    const auto word = run(is_atom_char);
    const auto name = all_.substr(begin, at_ - begin);
    if (word.empty()) {
        at_ = begin;
        return bad("a flag");
    }
    if (!is_system) {
        const bool is_known = std::any_of(list.keywords.begin(), list.keywords.end(),
                                          [&](const auto& k) { return iequals(k, name); });
        if (is_known) return {};
        if (list.keywords.size() == mailbox::kMaxKeywords) {
            return fail(Why::Limit, "Too many keywords");
        }
        list.keywords.emplace_back(name);
        return {};
    }
    // RFC 9051 2.3.2: \Recent cannot be set by a client, and is left out in silence.
    if (iequals(name, "\\Recent")) return {};
    for (const auto& flag : kSystemFlags) {
        if (iequals(flag.name, name)) {
            list.flags |= flag.flag;
            return {};
        }
    }
    at_ = begin;
    return bad("a flag that can be set");
}

Result<mailbox::FlagList> Args::flags() {
    mailbox::FlagList flag_list;
    TRY(list(Empty::Allowed, [&](Args& args) { return args.add_flag(flag_list); }));
    return flag_list;
}

Result<mailbox::FlagList> Args::bare_flags() {
    mailbox::FlagList flag_list;
    do {
        TRY(add_flag(flag_list));
    } while (take(' '));
    return flag_list;
}

Result<> Args::skip_value() {
    unsigned depth = 0;
    do {
        if (take('(')) {
            if (++depth > kMaxDepth) return fail(Why::BadSyntax, "Parentheses are too deep");
            continue;
        }
        if (depth > 0 && take(')')) {
            --depth;
            continue;
        }
        if (depth > 0 && take(' ')) continue;
        if (peek() == '"' || peek() == '{') {
            TRY(string());
        } else if (run([](char c) {
                       return is_astring_char(c) || c == '*' || c == '\\';
                   }).empty()) {
            return bad("a value");
        }
    } while (depth > 0);
    return {};
}

}  // namespace rook::imap::wire
