// The configuration file: the schema, and what is made from it.
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
#include "directory/address.h"
#include "net/address.h"

namespace rook::server {
namespace {

// Where a setting lives in Config. Each alternative is a kind of value: it says how the setting is
// read, checked and shown.
using Texts = std::vector<std::string>;
struct Choice {
    std::vector<std::string_view> words;  // in the order of the enumeration
    int (*get)(const Config&);
    void (*set)(Config&, int);
};
template <class T>
using Place = T& (*)(Config&);
struct Size {
    Place<std::uint64_t> place;
};
struct SizeT {
    Place<std::size_t> place;
};
struct Count {
    Place<unsigned> place;
};
struct Seconds {
    Place<std::chrono::seconds> place;
};
struct Hours {
    Place<std::chrono::hours> place;
};
struct Milliseconds {
    Place<std::chrono::milliseconds> place;
};
struct CountT {
    Place<std::size_t> place;
};
struct Addresses {
    Place<Texts> place;
};
// A name, or nothing.
struct Name {
    Place<std::string> place;
    bool (*is_good)(std::string_view);
    std::string_view what;
};
using Kind = std::variant<Place<std::string>, Place<Texts>, Place<bool>, Size, SizeT, Count, CountT,
                          Seconds, Hours, Milliseconds, Choice, Addresses, Name>;

struct Setting {
    std::string_view section, name;
    Kind kind;
    std::string_view help;
    std::int64_t least = 0, most = std::int64_t{1} << 40;  // of numbers, in the setting's own unit
};

#define AT(member) +[](Config& c) -> auto& { return c.member; }
#define CHOICE(member, Type, ...)                                      \
    Choice {                                                           \
        {__VA_ARGS__}, +[](const Config& c) { return int(c.member); }, \
            +[](Config& c, int i) { c.member = Type(i); }              \
    }

bool is_domain(std::string_view text) { return directory::canonical_domain(text).has_value(); }

// It stands in greetings and in Received: nothing that ends a word or a line.
bool is_host(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_'; });
}

const std::vector<Setting>& schema() {
    static const std::vector<Setting> settings = {
        {"", "data", Place<std::string>(AT(data)),
         "The folder that holds everything: the store and the admin socket. It is made with mode "
         "0700. Required."},
        {"", "hostname", Name{AT(hostname), is_host, "a host name"},
         "This server's name, in greetings and in Received. The machine's own name when left out."},

        {"server", "user", Place<std::string>(AT(user)),
         "The user as whom the server runs when it is started as root, which it then refuses when "
         "this is left out. `root` for staying root. Ports below 1024 are opened before; "
         "certificate and key must be readable by the user."},
        {"server", "landlock", Place<bool>(AT(landlock)),
         "Let the kernel keep the server to the files that this configuration names, and from "
         "connecting to anywhere, where it can (docs/hardening.md)."},
        {"server", "seccomp", Place<bool>(AT(seccomp)),
         "Let the kernel refuse system calls that the server has no use for, where it can."},

        {"tls", "certificate", Place<std::string>(AT(certificate)),
         "PEM file with the certificate and its chain. Read again on SIGHUP."},
        {"tls", "key", Place<std::string>(AT(key)), "PEM file with its private key."},

        {"listen", "imap", Addresses{AT(listen.imap)},
         "IMAP with STARTTLS. Each address is `ADDRESS:PORT`, `[IPV6]:PORT` or `unix:PATH`."},
        {"listen", "imaps", Addresses{AT(listen.imaps)}, "IMAP inside TLS."},
        {"listen", "pop3", Addresses{AT(listen.pop3)}, "POP3 with STLS."},
        {"listen", "pop3s", Addresses{AT(listen.pop3s)}, "POP3 inside TLS."},
        {"listen", "lmtp", Addresses{AT(listen.lmtp)},
         "LMTP, for the mail server that hands mail in. It asks for no password: loopback or a "
         "Unix socket."},
        {"listen", "submission", Addresses{AT(listen.submission)},
         "Message submission with STARTTLS."},
        {"listen", "submissions", Addresses{AT(listen.submissions)},
         "Message submission inside TLS."},

        {"auth", "plaintext", CHOICE(auth.plaintext, auth::Options::Plaintext, "never", "loopback"),
         "Whether a password may come without TLS: never, or from this machine only."},
        {"auth", "default_domain", Name{AT(default_domain), is_domain, "a domain"},
         "Completes a login name that has no domain."},
        {"auth", "scram_for_passwords", Place<bool>(AT(auth.scram_for_passwords)),
         "Let SCRAM-SHA-256 check people's own passwords, of which a verifier (600,000 iterations) "
         "is kept then, and not app passwords, which go by PLAIN and LOGIN."},
        {"auth", "advertise_scram", Place<bool>(AT(auth.advertise_scram)),
         "List SCRAM-SHA-256 among the mechanisms; it is taken unlisted too. Not where people log "
         "in with passwords that SCRAM does not check: clients such as mbsync and neomutt choose "
         "it wherever it is listed, and then the login fails."},
        {"auth", "concurrent_hashes", Count{AT(auth.concurrent_hashes)},
         "Passwords hashed at once; each takes 19 MiB.", 1, 64},
        {"auth", "queued_hashes", Count{AT(net.queued_hashes)},
         "Logins from one address that may wait for a hash, and addresses with one that waits; "
         "more "
         "are refused at once.",
         1, 100'000},
        {"auth", "failures_per_network", Count{AT(auth.failures_per_network)},
         "Failed logins a minute from one address (one /64 of IPv6) before it is refused for the "
         "rest of the minute.",
         1, 1'000'000},
        {"auth", "failures_per_account", Count{AT(auth.failures_per_account)},
         "The same for one account, counting only addresses that never logged in to it.", 1,
         1'000'000},
        {"auth", "failure_delay", Milliseconds{AT(auth.failure_delay)},
         "Milliseconds before a failed login is answered.", 0, 60'000},

        {"limits", "message_bytes", Size{AT(mailbox.message_bytes)}, "The largest message.", 1024,
         std::int64_t{1} << 31},
        {"limits", "staged_in_memory", SizeT{AT(mailbox.staged_in_memory)},
         "Of an arriving message, what is kept in memory before it goes to the store in pieces.",
         4096, 64 << 20},
        {"limits", "mailboxes", CountT{AT(mailbox.mailboxes)}, "Mailboxes of one account.", 10,
         1'000'000},
        {"limits", "mailbox_name_bytes", SizeT{AT(mailbox.mailbox_name_bytes)},
         "The longest mailbox name.", 64, 1'000},
        {"limits", "mailbox_depth", CountT{AT(mailbox.mailbox_depth)}, "Levels of a mailbox name.",
         2, 100},
        {"limits", "page_cache_bytes", SizeT{AT(mailbox.page_cache_bytes)},
         "Memory for pages of mailboxes and summaries, the whole process.", 1 << 20,
         std::int64_t{1} << 36},
        {"limits", "view_queue", CountT{AT(mailbox.view_queue)},
         "Changes that may wait to be told to one client before it is brought up to date from the "
         "store instead.",
         100, 1'000'000},
        {"limits", "undelete_hours", Hours{AT(mailbox.undelete)},
         "How long expunged mail is kept; less, down to a day, while the disk is short of room.",
         24, 24 * 3650},
        {"limits", "change_log_hours", Hours{AT(mailbox.change_log)},
         "How long changes are kept for clients that come back.", 24, 24 * 3650},
        {"limits", "connections", Count{AT(net.connections)},
         "Connections in all. At the limit the oldest one that has not logged in is closed.", 10,
         1'000'000},
        {"limits", "connections_per_address", Count{AT(net.connections_per_network)},
         "Connections from one address (one /64 of IPv6).", 1, 1'000'000},
        {"limits", "login_timeout", Seconds{AT(login_timeout)},
         "Seconds in which a client must log in.", 5, 3600},
        {"limits", "idle_timeout", Seconds{AT(idle_timeout)},
         "Seconds without a command before a session ends.", 60, 86'400},
        {"limits", "stalled_output", Seconds{AT(net.stalled_output)},
         "Seconds in which a client must take at least one byte of what waits for it.", 10, 3600},
        {"limits", "handshake", Seconds{AT(net.handshake)}, "Seconds for a TLS handshake.", 1, 600},
        {"limits", "bad_commands", Count{AT(bad_commands)},
         "Unknown or malformed commands in a row before the connection is closed.", 1, 10'000},
        {"limits", "command_bytes", SizeT{AT(imap.command_bytes)},
         "An IMAP command with its literals, APPEND's message apart.", 65'536, 64 << 20},
        {"limits", "recipients", CountT{AT(smtp.recipients)}, "Recipients of one message.", 100,
         100'000},
        {"limits", "loops", Count{AT(net.loops)}, "Network threads; 0 is one a core.", 0, 256},
        {"limits", "short_workers", Count{AT(net.short_workers)},
         "Threads for ordinary commands; they wait for the disk together.", 1, 1024},
        {"limits", "scan_workers", Count{AT(net.scan_workers)},
         "Threads for searches that read messages.", 1, 256},

        {"imap", "literal", CHOICE(imap.literal_minus, bool, "plus", "minus"),
         "Which of LITERAL+ and LITERAL- (RFC 7888) is offered."},

        {"store", "reserve", Size{AT(reserve_bytes)},
         "Free disk space below which only reading and deleting go on.", 0, std::int64_t{1} << 40},
        {"store", "cache", Size{AT(store_cache_bytes)},
         "Memory for what was read from the store's files. The write buffers count towards it: "
         "with "
         "both full, what was read makes room.",
         8 << 20, std::int64_t{1} << 40},
        {"store", "write_buffers", Size{AT(store_buffer_bytes)},
         "Memory for what is in the store's log and not yet in its tables. Less of it means more "
         "writing.",
         8 << 20, std::int64_t{1} << 40},

        {"log", "file", Place<std::string>(AT(log.file)),
         "Where the log goes; standard error when left out. Opened anew on SIGHUP. `rookery trace` "
         "reads it."},
        {"log", "format", CHOICE(log.format, LogFormat, "logfmt", "json"), "How a line looks."},
        {"log", "level", CHOICE(log.level, LogLevel, "debug", "info", "warning", "error"),
         "The least important lines that are written."},
    };
    return settings;
}

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
