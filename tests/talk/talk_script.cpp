#include "talk/talk_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <vector>

#include "base/ascii.h"
#include "base/base64.h"
#include "talk/talk_world.h"

namespace rook::talk {
namespace {

struct Failure {
    std::string what;
};

// \r \n \t \0 \xHH \\ in a file's text; a backslash before anything else stands for itself (\Seen).
std::string unescape(std::string_view text) {
    std::string out;
    auto hex = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
    for (std::size_t i = 0; i < text.size(); ++i) {
        char next = text[i] == '\\' && i + 1 < text.size() ? text[i + 1] : '\0';
        bool is_hex = next == 'x' && i + 3 < text.size() &&
                      std::isxdigit(static_cast<unsigned char>(text[i + 2])) &&
                      std::isxdigit(static_cast<unsigned char>(text[i + 3]));
        if (is_hex) {
            out += static_cast<char>(hex(text[i + 2]) * 16 + hex(text[i + 3]));
            i += 3;
        } else if (next && std::string_view("rnt0\\").find(next) != std::string_view::npos) {
            constexpr std::string_view from = "rnt0\\", to{"\r\n\t\0\\", 5};
            out += to[from.find(next)];
            ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

std::string printable(std::string_view text) {
    std::string out;
    for (unsigned char c : text)
        out += c >= 0x20 && c < 0x7F ? std::string(1, static_cast<char>(c))
                                     : fmt::format("\\x{:02x}", c);
    return out;
}

using Names = std::map<std::string, std::string>;

// `pattern` has {*} and {name}. Names are bound as the match goes and kept only when all of it
// matches.
bool matches(std::string_view pattern, std::string_view line, Names& names) {
    auto brace = pattern.find('{');
    auto close = brace == pattern.npos ? pattern.npos : pattern.find('}', brace);
    auto inside =
        close == pattern.npos ? std::string_view() : pattern.substr(brace + 1, close - brace - 1);
    // "{12}" announces a literal: it is text.
    bool is_text =
        inside.empty() || (inside != "*" && !std::isalpha(static_cast<unsigned char>(inside[0])));
    if (is_text) {
        auto head = close == pattern.npos ? pattern : pattern.substr(0, close + 1);
        if (!line.starts_with(head)) return false;
        auto rest = pattern.substr(head.size());
        return rest.empty() ? line.size() == head.size()
                            : matches(rest, line.substr(head.size()), names);
    }
    if (!line.starts_with(pattern.substr(0, brace))) return false;
    line.remove_prefix(brace);
    auto rest = pattern.substr(close + 1);
    if (auto known = names.find(std::string(inside)); known != names.end()) {
        return line.starts_with(known->second) &&
               matches(rest, line.substr(known->second.size()), names);
    }
    for (std::size_t length = inside == "*" ? 0 : 1; length <= line.size(); ++length) {
        if (inside != "*" && line[length - 1] == ' ') break;
        auto bound = names;
        if (inside != "*") bound[std::string(inside)] = std::string(line.substr(0, length));
        if (matches(rest, line.substr(length), bound)) {
            names = std::move(bound);
            return true;
        }
    }
    return false;
}

struct Client {
    std::string protocol;
    std::unique_ptr<net::FakeLink> link;
    std::string unread;
};

class Script {
public:
    Script(std::string name, std::string corpus)
        : name_(std::move(name)), corpus_(std::move(corpus)) {}

    Outcome run(const std::string& text) {
        std::istringstream in(text);
        std::string line;
        Outcome outcome;
        try {
            while (std::getline(in, line)) {
                ++line_;
                if (!line.empty() && line.back() == '\r') line.pop_back();
                if (line.empty() || line[0] == '#') continue;
                do_line(line);
            }
            check_group();
            for (auto& [name, client] : clients_) expect_silence(name, client);
            outcome.passed = true;
        } catch (const Failure& failure) {
            outcome.error = fmt::format("{}:{}: {}", name_, line_, failure.what);
        } catch (const std::exception& error) {
            outcome.error = fmt::format("{}:{}: {}", name_, line_, error.what());
        }
        clients_.clear();
        outcome.dialogue = std::move(dialogue_);
        return outcome;
    }

private:
    void do_line(const std::string& line) {
        auto space = line.find(' ');
        auto first = line.substr(0, space);
        auto rest = space == line.npos ? std::string() : line.substr(space + 1);
        auto found = clients_.find(first);
        bool is_group = found != clients_.end() && rest.starts_with("<- ");
        if (!is_group) check_group();
        if (found != clients_.end()) return talk(first, found->second, rest);
        set_up(first, rest);
    }

    void talk(const std::string& name, Client& client, const std::string& rest) {
        auto text_after = [&](std::size_t n) {
            return rest.size() > n ? rest.substr(n + 1) : std::string();
        };
        if (rest.starts_with(">>")) return send(name, client, unescape(fill(text_after(2))));
        if (rest.starts_with(">"))
            return send(name, client, unescape(fill(text_after(1))) + "\r\n");
        if (rest.starts_with("<...")) return skip_to(name, client, text_after(4));
        if (rest.starts_with("<-")) {
            group_client_ = name;
            group_.push_back(text_after(2));
            return;
        }
        if (rest.starts_with("<")) return expect(name, client, text_after(1));
        if (rest == "closed") {
            expect_silence(name, client);
            if (!client.link->is_closed()) throw Failure{name + " is still connected"};
            clients_.erase(name);
            return;
        }
        if (rest == "drop") {
            client.link->hang_up();
            clients_.erase(name);
            return;
        }
        throw Failure{"what is \"" + rest + "\"?"};
    }

    void set_up(const std::string& word, const std::string& rest) {
        std::istringstream in(rest);
        std::string a, b;
        in >> a >> b;
        if (word == "account") return add_account(a, b, in);
        if (word == "alias") return add_alias(a, b, in);
        if (word == "mail") return mail(a, b, remainder(in));
        if (word == "file") return file(a, b, remainder(in));
        if (word == "open" || word == "open!") return open(a, b, word == "open");
        if (word == "login") return login(a, World::address(b));
        if (word == "select" || word == "examine") return select(word, client_named(a), b);
        if (word == "wait") return world_.clock.advance(std::chrono::seconds(std::stol(a)));
        if (word == "timeout") return client_named(a).link->time_out(), read(a, client_named(a));
        if (word == "restart") return clients_.clear(), world_.restart();
        if (word == "disk") return disk(a);
        throw Failure{"what is \"" + word + "\"?"};
    }

    static std::string remainder(std::istringstream& in) {
        std::string text;
        std::getline(in >> std::ws, text);
        return text;
    }

    void need(Result<> done) {
        if (!done) throw Failure{done.error().said + " " + done.error().detail};
    }

    void add_account(const std::string& address, const std::string& password,
                     std::istringstream& in) {
        std::string quota;
        in >> quota;
        need(world_.add_account(address, password,
                                quota.starts_with("quota=") ? std::stoull(quota.substr(6)) : 0));
    }

    void add_alias(const std::string& address, const std::string& target, std::istringstream& in) {
        directory::Alias alias{address, {World::address(target)}};
        for (std::string more; in >> more;) alias.targets.push_back(World::address(more));
        need(world_.add_alias(alias));
    }

    // Takes "(\Seen $Label) " off the front.
    static mailbox::FlagList take_flags(std::string& text) {
        mailbox::FlagList list;
        if (!text.starts_with('(')) return list;
        auto close = text.find(')');
        std::istringstream in(text.substr(1, close - 1));
        constexpr std::pair<std::string_view, mailbox::Flags> flags[] = {
            {"\\Seen", mailbox::kSeen},
            {"\\Answered", mailbox::kAnswered},
            {"\\Flagged", mailbox::kFlagged},
            {"\\Deleted", mailbox::kDeleted},
            {"\\Draft", mailbox::kDraft}};
        for (std::string word; in >> word;) {
            auto known = std::find_if(std::begin(flags), std::end(flags),
                                      [&](auto& flag) { return flag.first == word; });
            if (known != std::end(flags)) {
                list.flags |= known->second;
            } else {
                list.keywords.push_back(word);
            }
        }
        text.erase(0, std::min(text.size(), close + 2));
        return list;
    }

    void mail(const std::string& user, const std::string& mailbox, std::string rest) {
        auto flags = take_flags(rest);
        auto subject = rest.empty() ? fmt::format("Message {}", ++mails_) : rest;
        auto id = fmt::format("{}@example.net", ++ids_);
        auto message = fmt::format(
            "From: Carol <carol@example.net>\r\nTo: {}\r\nSubject: {}\r\nDate: Tue, 14 Nov 2023 "
            "22:13:20 +0000\r\nMessage-ID: <{}>\r\n"
            "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello from "
            "{}.\r\n",
            World::address(user), subject, id, subject);
        need(world_.put(World::address(user), mailbox, flags, message));
        read_all();
    }

    void file(const std::string& user, const std::string& mailbox, std::string rest) {
        auto flags = take_flags(rest);
        std::ifstream in(corpus_ + "/" + rest, std::ios::binary);
        if (!in) throw Failure{"cannot read " + corpus_ + "/" + rest};
        need(world_.put(World::address(user), mailbox, flags,
                        std::string(std::istreambuf_iterator<char>(in), {})));
        read_all();
    }

    void open(const std::string& name, const std::string& protocol, bool drop_greeting) {
        auto link = world_.connect(protocol);
        if (!link) throw Failure{link.error().said};
        auto& client = clients_[name] = Client{protocol, std::move(*link), {}};
        read(name, client);
        if (drop_greeting) client.unread.clear();
    }

    void login(const std::string& name, const std::string& address) {
        auto& client = client_named(name);
        auto plain = client.protocol.ends_with('s')
                         ? client.protocol.substr(0, client.protocol.size() - 1)
                         : client.protocol;
        auto password = plain == "lmtp" ? std::string() : world_.password(address);
        std::string last;
        // A login needs TLS; the files that test that do not log in this way.
        client.link->set_tls(true);
        if (plain == "imap") {
            send(name, client, fmt::format("login LOGIN {} {}\r\n", address, password));
            last = "login OK";
        } else if (plain == "pop3") {
            send(name, client, fmt::format("USER {}\r\nPASS {}\r\n", address, password));
            last = "+OK";
        } else if (plain == "lmtp") {
            send(name, client, "LHLO client.example.net\r\n");
            last = "250 ";
        } else {
            auto token =
                base64_encode(std::string(1, '\0') + address + std::string(1, '\0') + password);
            send(name, client, fmt::format("EHLO client.example.net\r\nAUTH PLAIN {}\r\n", token));
            last = "235";
        }
        finish_macro(name, client, last);
    }

    void select(const std::string& word, Client& client, const std::string& mailbox) {
        send(word, client,
             fmt::format("select {} {}\r\n", word == "select" ? "SELECT" : "EXAMINE", mailbox));
        finish_macro(word, client, "select OK");
    }

    void finish_macro(const std::string& name, Client& client, const std::string& last) {
        auto lines = std::move(client.unread);
        client.unread.clear();
        auto end = lines.rfind("\r\n", lines.size() >= 3 ? lines.size() - 3 : 0);
        auto final_line = end == lines.npos ? lines : lines.substr(end + 2);
        if (!final_line.starts_with(last))
            throw Failure{fmt::format("{}: wanted {}..., got {}", name, last, printable(lines))};
    }

    void disk(const std::string& how) {
        if (how == "full") return world_.store->set_space({0, true});
        if (how == "ok") return world_.store->set_space({std::uint64_t{1} << 40, false});
        if (how == "fails")
            return world_.store->fail_next(
                Error{Why::Io, "The store failed", "talk: disk fails", {}});
        throw Failure{"disk full, disk ok or disk fails"};
    }

    Client& client_named(const std::string& name) {
        auto found = clients_.find(name);
        if (found == clients_.end()) throw Failure{"no client " + name};
        return found->second;
    }

    std::string fill(std::string text) const {
        for (auto& [name, value] : names_) {
            auto key = "{" + name + "}";
            for (auto at = text.find(key); at != text.npos; at = text.find(key, at + value.size()))
                text.replace(at, key.size(), value);
        }
        return text;
    }

    void send(const std::string& name, Client& client, const std::string& bytes) {
        dialogue_ += fmt::format("{} > {}\n", name, printable(bytes));
        client.link->send(bytes);
        read_all();
    }

    // What one client does may be told to another: everybody is woken until nobody has anything to
    // say.
    void read_all() {
        for (bool again = true; again;) {
            again = false;
            for (auto& [name, client] : clients_) again |= client.link->deliver_wakes();
        }
        for (auto& [name, client] : clients_) read(name, client);
    }

    void read(const std::string& name, Client& client) {
        auto said = client.link->take_output();
        if (!said.empty()) dialogue_ += fmt::format("{} < {}\n", name, printable(said));
        client.unread += said;
        if (!client.link->broken_by().empty())
            throw Failure{name + ": the session broke: " + client.link->broken_by()};
    }

    // The next line without its CRLF (or LF, in the bytes of a message).
    std::string next_line(const std::string& name, Client& client) {
        if (client.unread.empty()) throw Failure{fmt::format("{} was told nothing more", name)};
        auto end = client.unread.find('\n');
        auto line = client.unread.substr(0, end);
        client.unread.erase(0, end == client.unread.npos ? end : end + 1);
        if (!line.empty() && line.back() == '\r') line.pop_back();
        return line;
    }

    void expect(const std::string& name, Client& client, const std::string& pattern) {
        auto line = next_line(name, client);
        if (!matches(unescape(pattern), line, names_)) {
            throw Failure{
                fmt::format("{}\n  expected: {}\n  got:      {}{}", name, pattern, printable(line),
                            client.unread.empty()
                                ? ""
                                : "\n  and then: " + printable(client.unread.substr(0, 400)))};
        }
    }

    void skip_to(const std::string& name, Client& client, const std::string& pattern) {
        while (!client.unread.empty()) {
            if (matches(unescape(pattern), next_line(name, client), names_)) return;
        }
        throw Failure{fmt::format("{}: no line is {}", name, pattern)};
    }

    // The lines of a `<-` group may come in any order.
    void check_group() {
        if (group_.empty()) return;
        auto& client = client_named(group_client_);
        auto wanted = std::move(group_);
        group_.clear();
        while (!wanted.empty()) {
            auto line = next_line(group_client_, client);
            auto found = std::find_if(wanted.begin(), wanted.end(), [&](auto& pattern) {
                return matches(unescape(pattern), line, names_);
            });
            if (found == wanted.end())
                throw Failure{fmt::format("{}: unexpected in this group: {}", group_client_,
                                          printable(line))};
            wanted.erase(found);
        }
    }

    void expect_silence(const std::string& name, Client& client) {
        if (!client.unread.empty())
            throw Failure{
                fmt::format("{}: nobody read: {}", name, printable(client.unread.substr(0, 600)))};
    }

    std::string name_, corpus_;
    World world_;
    std::map<std::string, Client> clients_;
    Names names_;
    std::vector<std::string> group_;
    std::string group_client_;
    std::string dialogue_;
    int line_ = 0, mails_ = 0, ids_ = 0;
};

}  // namespace

Outcome run_script(const std::string& text, const std::string& name, const std::string& corpus) {
    try {
        return Script(name, corpus).run(text);
    } catch (const std::exception& error) {
        return {false, name + ": " + error.what(), {}};
    }
}

}  // namespace rook::talk
