#include "smtp/receive/wire/path.h"

#include "base/ascii.h"
#include "base/utf8.h"

namespace rook::smtp::wire {

namespace {

constexpr std::size_t kMaxAddress = 320;  // RFC 5321 4.5.3.1: 64 + 1 + 255
// Each is compared with all before it. All extensions together have a dozen.
constexpr std::size_t kMaxParameters = 32;

bool is_atext(char c) {
    return is_alnum(c) || is_8bit(c) ||
           std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

// How long the local part at the front is; 0 when there is none.
std::size_t local_size(std::string_view text) {
    std::size_t at = 0;
    if (!text.starts_with('"')) {
        while (at < text.size() && (is_atext(text[at]) || text[at] == '.')) ++at;
        return at;
    }
    for (at = 1; at < text.size() && text[at] != '"'; ++at) {
        if (text[at] == '\\') ++at;
        if (at == text.size() || is_ctl(text[at])) return 0;
    }
    return at < text.size() ? at + 1 : 0;
}

std::size_t domain_size(std::string_view text) {
    std::size_t at = 0;
    if (text.starts_with('[')) {
        while (at < text.size() && (is_alnum(text[at]) || std::string_view("[.:-").find(text[at]) !=
                                                              std::string_view::npos)) {
            ++at;
        }
        return at < text.size() && text[at] == ']' ? at + 1 : 0;
    }
    const auto is_domain = [](char c) { return is_alnum(c) || is_8bit(c) || c == '-' || c == '_'; };
    bool in_label = false;
    for (; at < text.size() && (is_domain(text[at]) || (text[at] == '.' && in_label)); ++at) {
        in_label = text[at] != '.';
    }
    return in_label ? at : 0;
}

// "@a,@b:" at the front, which RFC 5321 4.1.1.3 asks to be ignored.
std::size_t route_size(std::string_view text) {
    std::size_t at = 0;
    while (text.substr(at).starts_with('@')) {
        const auto size = domain_size(text.substr(at + 1));
        at += 1 + size;
        if (size == 0 || at == text.size()) return 0;
        if (text[at] == ':') return at + 1;
        if (text[at++] != ',') return 0;
    }
    return 0;
}

Result<> parse_parameters(std::string_view text, PathArgs& args) {
    for (auto word : split(text, ' ')) {
        if (word.empty()) continue;
        const auto equals = word.find('=');
        Parameter parameter{.name = word.substr(0, equals)};
        parameter.has_value = equals != word.npos;
        if (parameter.has_value) parameter.value = word.substr(equals + 1);
        for (char c : parameter.name) {
            if (!is_alnum(c) && c != '-') return fail(Why::BadSyntax, "A parameter makes no sense");
        }
        if (parameter.name.empty() || (parameter.has_value && parameter.value.empty())) {
            return fail(Why::BadSyntax, "A parameter makes no sense");
        }
        for (const auto& other : args.parameters) {
            if (iequals(other.name, parameter.name)) {
                return fail(Why::BadSyntax, "A parameter is there twice");
            }
        }
        if (args.parameters.size() == kMaxParameters) {
            return fail(Why::BadSyntax, "There are too many parameters");
        }
        args.parameters.push_back(parameter);
    }
    return {};
}

}  // namespace

Result<PathArgs> parse_path_args(std::string_view text, std::string_view keyword) {
    const auto bad = [&](std::string_view what) { return fail(Why::BadSyntax, std::string(what)); };
    if (!istarts_with(text, keyword) || !text.substr(keyword.size()).starts_with(':')) {
        return bad(keyword == "FROM" ? "Syntax: MAIL FROM:<address>" : "Syntax: RCPT TO:<address>");
    }
    text.remove_prefix(keyword.size() + 1);
    while (text.starts_with(' ')) text.remove_prefix(1);
    if (!text.starts_with('<')) return bad("The address must stand in <>");
    text.remove_prefix(1);
    const auto route = route_size(text);
    text.remove_prefix(route);

    PathArgs args;
    std::size_t size = local_size(text);
    if (size > 0 && text.substr(size).starts_with('@')) {
        const auto domain = domain_size(text.substr(size + 1));
        if (domain == 0) return bad("The address has no proper domain");
        size += 1 + domain;
    } else if (size > 0 && !iequals(text.substr(0, size), "postmaster")) {
        return bad("The address has no domain");
    }
    if (size == 0 && route > 0) return bad("The address makes no sense");
    args.address = text.substr(0, size);
    text.remove_prefix(size);
    if (!text.starts_with('>')) return bad("The address makes no sense");
    text.remove_prefix(1);
    if (!text.empty() && !text.starts_with(' ')) return bad("A blank is missing after the >");
    if (size > kMaxAddress) return bad("The address is too long");
    if (!is_valid_utf8(args.address)) return bad("The address is not UTF-8");
    args.is_utf8 = !is_ascii(args.address);
    TRY(parse_parameters(text, args));
    return args;
}

}  // namespace rook::smtp::wire
