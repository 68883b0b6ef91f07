// The configuration file: what is made from its schema.
#include "server/config.h"

#include <fmt/format.h>
#include <unistd.h>

// toml++ asserts where it should refuse: [=] as a table's name (parse_config).
namespace rook::server {
struct NotToml {};
}  // namespace rook::server
#define TOML_ASSERT(expr) (static_cast<bool>(expr) ? void() : throw ::rook::server::NotToml())

#include <toml++/toml.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <variant>

#include "base/ascii.h"
#include "net/address.h"
#include "server/schema.h"

namespace rook::server {
namespace {

template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

// "50 MB", "1GiB", "4096": decimal and binary suffixes both mean powers of 1024, as people mean
// them in mail.
std::optional<std::int64_t> read_size(std::string_view text) {
    std::int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0) return {};
    auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
    while (!unit.empty() && unit.front() == ' ') unit.remove_prefix(1);
    constexpr std::pair<std::string_view, int> units[] = {
        {"", 0},     {"B", 0},  {"K", 10},  {"KB", 10},  {"KiB", 10}, {"M", 20},  {"MB", 20},
        {"MiB", 20}, {"G", 30}, {"GB", 30}, {"GiB", 30}, {"T", 40},   {"TB", 40}, {"TiB", 40}};
    for (auto& [name, shift] : units) {
        if (unit == name && number <= (INT64_MAX >> shift)) return number << shift;
    }
    return {};
}

std::string show_size(std::uint64_t bytes) {
    constexpr std::pair<std::string_view, int> units[] = {
        {"TB", 40}, {"GB", 30}, {"MB", 20}, {"KB", 10}};
    for (auto& [name, shift] : units) {
        if (bytes >> shift && (bytes >> shift) << shift == bytes)
            return fmt::format("\"{} {}\"", bytes >> shift, name);
    }
    return fmt::format("{}", bytes);
}

std::string in_quotes(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    return out + '"';
}

std::string list_in_quotes(const Texts& texts) {
    std::string out = "[";
    for (auto& text : texts) out += (out.size() > 1 ? ", " : "") + in_quotes(text);
    return out + "]";
}

std::string show(const Setting& setting, const Config& config_in) {
    auto config = config_in;
    return std::visit(
        Overloaded{
            [&](Place<std::string> at) { return in_quotes(at(config)); },
            [&](Place<Texts> at) { return list_in_quotes(at(config)); },
            [&](const Addresses& s) { return list_in_quotes(s.place(config)); },
            [&](const Name& s) { return in_quotes(s.place(config)); },
            [&](Place<bool> at) { return std::string(at(config) ? "true" : "false"); },
            [&](const Size& s) { return show_size(s.place(config)); },
            [&](const SizeT& s) { return show_size(s.place(config)); },
            [&](const Count& s) { return std::to_string(s.place(config)); },
            [&](const CountT& s) { return std::to_string(s.place(config)); },
            [&](const Seconds& s) { return std::to_string(s.place(config).count()); },
            [&](const Hours& s) { return std::to_string(s.place(config).count()); },
            [&](const Milliseconds& s) { return std::to_string(s.place(config).count()); },
            [&](const Choice& s) {
                return in_quotes(s.words[static_cast<std::size_t>(s.get(config))]);
            },
        },
        setting.kind);
}

std::string allowed(const Setting& setting) {
    auto size = [&](const auto&) {
        return fmt::format("a size such as 4096 or \"50 MB\", from {} to {}",
                           show_size(std::uint64_t(setting.least)),
                           show_size(std::uint64_t(setting.most)));
    };
    return std::visit(
        Overloaded{
            [](Place<std::string>) { return std::string("text"); },
            [](Place<Texts>) { return std::string("a list of texts"); },
            [](Place<bool>) { return std::string("true or false"); },
            [&](const Size& s) { return size(s); },
            [&](const SizeT& s) { return size(s); },
            [&](const Choice& s) {
                std::string out;
                for (auto word : s.words) out += (out.empty() ? "" : " or ") + in_quotes(word);
                return out;
            },
            [](const Addresses&) {
                return std::string(
                    "a list of texts such as \"127.0.0.1:143\", \"[::1]:143\" or \"unix:/path\"");
            },
            [](const Name& s) { return std::string(s.what); },
            [&](const auto&) {
                return fmt::format("a number from {} to {}", setting.least, setting.most);
            },
        },
        setting.kind);
}

bool read_texts(const toml::node& node, Texts& out) {
    auto* list = node.as_array();
    if (!list || (!list->empty() && !list->is_homogeneous(toml::node_type::string))) return false;
    out.clear();
    for (auto& item : *list) out.push_back(*item.value<std::string>());
    return true;
}

// False when the value is of the wrong type or out of range.
bool assign(const Setting& setting, const toml::node& node, Config& config) {
    auto number = [&]() -> std::optional<std::int64_t> {
        auto value = node.is_integer()  ? node.value<std::int64_t>()
                     : node.is_string() ? read_size(*node.value<std::string_view>())
                                        : std::nullopt;
        if (!value || *value < setting.least || *value > setting.most) return {};
        return value;
    };
    auto plain_number = [&] { return node.is_integer() ? number() : std::nullopt; };
    auto set = [&](auto& place, const std::optional<std::int64_t>& value) {
        if (value) place = std::remove_reference_t<decltype(place)>(*value);
        return value.has_value();
    };
    return std::visit(
        Overloaded{
            [&](Place<std::string> at) {
                auto value = node.value_exact<std::string>();
                if (value) at(config) = *value;
                return value.has_value();
            },
            [&](Place<Texts> at) { return read_texts(node, at(config)); },
            [&](const Addresses& s) {
                auto& texts = s.place(config);
                return read_texts(node, texts) &&
                       std::all_of(texts.begin(), texts.end(),
                                   [](auto& text) { return net::parse_address(text).has_value(); });
            },
            [&](const Name& s) {
                auto value = node.value_exact<std::string>();
                if (!value || (!value->empty() && !s.is_good(*value))) return false;
                s.place(config) = *value;
                return true;
            },
            [&](Place<bool> at) {
                auto value = node.value_exact<bool>();
                if (value) at(config) = *value;
                return value.has_value();
            },
            [&](const Size& s) { return set(s.place(config), number()); },
            [&](const SizeT& s) { return set(s.place(config), number()); },
            [&](const Count& s) { return set(s.place(config), plain_number()); },
            [&](const CountT& s) { return set(s.place(config), plain_number()); },
            [&](const Seconds& s) { return set(s.place(config), plain_number()); },
            [&](const Hours& s) { return set(s.place(config), plain_number()); },
            [&](const Milliseconds& s) { return set(s.place(config), plain_number()); },
            [&](const Choice& s) {
                auto word = node.value_exact<std::string>();
                for (std::size_t i = 0; word && i < s.words.size(); ++i) {
                    if (*word == s.words[i]) return s.set(config, static_cast<int>(i)), true;
                }
                return false;
            },
        },
        setting.kind);
}

const Setting* find_setting(std::string_view section, std::string_view name) {
    for (auto& setting : schema()) {
        if (setting.section == section && setting.name == name) return &setting;
    }
    return nullptr;
}

std::string names_in(std::string_view section) {
    std::string out;
    for (auto& setting : schema()) {
        if (setting.section == section) out.append(out.empty() ? "" : ", ").append(setting.name);
    }
    return out;
}

// Reads one table of the file; every mistake becomes a line of `mistakes`.
class FileReader {
public:
    FileReader(const std::string& file, Config& config) : file_(file), config_(config) {}

    void read(const toml::table& table, std::string_view section) {
        for (auto& [key, node] : table) {
            auto name = key.str();
            if (section.empty() && node.is_table() && !names_in(name).empty()) {
                read(*node.as_table(), name);
            } else if (auto* setting = find_setting(section, name); !setting) {
                mistake(key.source(),
                        fmt::format("unknown {} \"{}\"; {} are: {}",
                                    node.is_table() ? "section" : "setting", name,
                                    node.is_table()   ? "the sections"
                                    : section.empty() ? "the settings outside sections"
                                                      : fmt::format("those of [{}]", section),
                                    node.is_table() ? sections() : names_in(section)));
            } else if (!assign(*setting, node, config_)) {
                mistake(node.source(), fmt::format("{} must be {}", name, allowed(*setting)));
            }
        }
    }

    const std::string& mistakes() const { return mistakes_; }

    void mistake(const toml::source_region& at, const std::string& what) {
        mistakes_ += fmt::format("{}{}:{}:{}: {}", mistakes_.empty() ? "" : "\n", file_,
                                 at.begin.line, at.begin.column, what);
    }

private:
    static std::string sections() {
        std::string out;
        std::string_view last;
        for (auto& setting : schema()) {
            if (setting.section != last)
                out.append(out.empty() ? "[" : ", [").append(setting.section).append("]");
            last = setting.section;
        }
        return out;
    }

    const std::string& file_;
    Config& config_;
    std::string mistakes_;
};

std::string own_hostname() {
    char name[256] = {};
    return gethostname(name, sizeof name - 1) == 0 && name[0] ? name : "localhost";
}

}  // namespace

std::vector<std::string> Config::Listen::all() const {
    std::vector<std::string> out;
    for (auto* some : {&imap, &imaps, &pop3, &pop3s, &lmtp, &submission, &submissions}) {
        out.insert(out.end(), some->begin(), some->end());
    }
    return out;
}

namespace {

// What one setting means for several parts.
void spread(Config& config) {
    if (config.hostname.empty()) config.hostname = own_hostname();
    config.smtp.hostname = config.hostname;
    config.imap.login_timeout = config.pop3.login_timeout = config.smtp.login_timeout =
        config.login_timeout;
    config.imap.idle_timeout = config.pop3.idle_timeout = config.idle_timeout;
    config.imap.bad_commands = config.pop3.bad_commands = config.smtp.bad_commands =
        config.bad_commands;
    config.net.hash_workers = config.auth.concurrent_hashes;
}

}  // namespace

namespace {

// The first line that looks like a table's head and has a name that begins with what no name does.
toml::source_region odd_table(std::string_view text) {
    toml::source_region at;
    at.begin = {1, 1};
    toml::source_index number = 0;
    for (auto line : split(text, '\n')) {
        ++number;
        const auto head = trim_left(line);
        if (!head.starts_with('[')) continue;
        const auto name = head.substr(std::min(head.find_first_not_of("[ \t"), head.size()));
        if (!name.empty() && (is_alnum(name[0]) || is_8bit(name[0]) ||
                              std::string_view("-_\"']").find(name[0]) != std::string_view::npos))
            continue;
        at.begin = {number, static_cast<toml::source_index>(name.data() - line.data() + 1)};
        break;
    }
    return at;
}

// The first byte above ASCII that stands outside of texts and comments, where TOML has none; toml++
// runs into undefined behaviour there.
std::optional<toml::source_region> odd_byte(std::string_view text) {
    toml::source_region at;
    at.begin = {1, 1};
    std::string_view quote;  // what ends the text that we are in
    bool is_comment = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') {
            ++at.begin.line;
            at.begin.column = 0;
            is_comment = false;
            if (quote.size() == 1) quote = {};
        } else if (is_comment) {
        } else if (!quote.empty()) {
            if (c == '\\' && quote[0] == '"' && text.substr(i + 1, 1) != "\n") {
                ++i, ++at.begin.column;
            } else if (text.substr(i).starts_with(quote)) {
                i += quote.size() - 1;
                at.begin.column += static_cast<toml::source_index>(quote.size() - 1);
                quote = {};
            }
        } else if (c == '"' || c == '\'') {
            const auto three = text.substr(i, 3);
            quote = three == "\"\"\"" || three == "\'\'\'" ? three : three.substr(0, 1);
            i += quote.size() - 1;
            at.begin.column += static_cast<toml::source_index>(quote.size() - 1);
        } else if (is_8bit(c) && (i > 2 || !text.starts_with("\xEF\xBB\xBF"))) {
            return at;
        } else {
            is_comment = c == '#';
        }
        ++at.begin.column;
    }
    return {};
}

}  // namespace

Result<Config> parse_config(std::string_view text, const std::string& file) {
    Config config;
    FileReader reader(file, config);
    if (auto odd = odd_byte(text)) {
        reader.mistake(*odd, "letters outside of texts and comments are ASCII");
        return fail(Why::BadSyntax, reader.mistakes());
    }
    try {
        reader.read(toml::parse(text, file), "");
    } catch (const toml::parse_error& error) {
        reader.mistake(error.source(), std::string(error.description()));
        return fail(Why::BadSyntax, reader.mistakes());
    } catch (const NotToml&) {
        reader.mistake(odd_table(text), "a section's name is letters, as in [listen]");
        return fail(Why::BadSyntax, reader.mistakes());
    }
    toml::source_region top;
    top.begin = {1, 1};
    if (config.data.empty())
        reader.mistake(
            top,
            "data is missing: the folder that holds the mail, such as data = \"/var/lib/rookery\"");
    if (config.certificate.empty() != config.key.empty())
        reader.mistake(top, "[tls] needs both certificate and key");
    auto& listen = config.listen;
    if (config.certificate.empty() &&
        !(listen.imaps.empty() && listen.pop3s.empty() && listen.submissions.empty())) {
        reader.mistake(top, "[listen] imaps, pop3s and submissions need [tls] certificate and key");
    }
    if (!reader.mistakes().empty()) return fail(Why::BadSyntax, reader.mistakes());
    spread(config);
    return config;
}

Result<Config> load_config(const std::string& file) {
    std::ifstream in(file, std::ios::binary);
    std::error_code ignored;
    // A folder opens like a file, and fails only when it is read.
    if (in && std::filesystem::is_directory(file, ignored)) {
        errno = EISDIR;
        in.setstate(std::ios::failbit);
    }
    if (!in)
        return fail(Why::NotFound, fmt::format("{}: cannot read the configuration file: {}", file,
                                               std::strerror(errno)));
    std::string text{std::istreambuf_iterator<char>(in), {}};
    return parse_config(text, file);
}

std::string show_config(const Config& config) {
    std::string out;
    std::string_view section;
    for (auto& setting : schema()) {
        if (setting.section != section) out += fmt::format("\n[{}]\n", section = setting.section);
        out += fmt::format("# {}\n{} = {}\n", setting.help, setting.name, show(setting, config));
    }
    return out;
}

std::string config_reference() {
    std::string out =
        "# The configuration file\n\n"
        "TOML. This page is made from the program's own schema: `rookery config reference`. "
        "`rookery config check` tells what is wrong with a file,\n"
        "`rookery config show` what is in force. Sizes are numbers of bytes or texts such as `\"50 "
        "MB\"`, in powers of 1024.\n";
    std::string_view section = "-";
    const Config defaults;
    for (auto& setting : schema()) {
        if (setting.section != section) {
            section = setting.section;
            out += fmt::format(
                "\n## {}\n\n| setting | default | allowed | meaning |\n|---|---|---|---|\n",
                section.empty() ? "Outside sections" : fmt::format("[{}]", section));
        }
        out += fmt::format("| `{}` | `{}` | {} | {} |\n", setting.name, show(setting, defaults),
                           allowed(setting), setting.help);
    }
    return out;
}

}  // namespace rook::server
