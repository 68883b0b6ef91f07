#include "load/imap_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace rook::bench {
namespace {

// The length of a literal that the line announces at its end, or -1.
std::int64_t literal_at_end(std::string_view line) {
    if (!line.ends_with('}')) return -1;
    auto open = line.rfind('{');
    if (open == line.npos) return -1;
    std::int64_t length = -1;
    auto [end, error] = std::from_chars(line.data() + open + 1, line.data() + line.size(), length);
    return error == std::errc() && *end == '}' ? length : -1;
}

void count(Reply& reply, std::string_view line) {
    line.remove_prefix(2);
    auto space = line.find(' ');
    auto first = line.substr(0, space);
    auto rest = space == line.npos ? std::string_view() : line.substr(space + 1);
    if (!first.empty() && first[0] >= '0' && first[0] <= '9') {
        if (rest.starts_with("FETCH")) ++reply.fetched;
        if (rest == "EXPUNGE") ++reply.expunged;
        if (rest == "EXISTS")
            std::from_chars(first.data(), first.data() + first.size(), reply.exists);
    } else if (first == "STATUS") {
        ++reply.statuses;
    } else if (first == "LIST") {
        ++reply.listed;
    } else if (first == "SEARCH") {
        reply.found += static_cast<std::uint64_t>(std::count(line.begin(), line.end(), ' '));
    } else if (first == "OK") {
        reply.codes.append(rest).append("\n");
    }
}

}  // namespace

std::uint64_t Reply::count_of(std::string_view name) const {
    if (name == "FETCH") return fetched;
    if (name == "EXPUNGE") return expunged;
    if (name == "STATUS") return statuses;
    if (name == "SEARCH") return found;
    if (name == "EXISTS") return exists;
    if (name == "LIST") return listed;
    throw std::runtime_error(fmt::format("nothing counts {}", name));
}

std::uint64_t Reply::code(std::string_view name) const {
    auto at = codes.find(fmt::format("[{} ", name));
    if (at == codes.npos) throw std::runtime_error(fmt::format("no {} was told", name));
    return std::stoull(codes.substr(at + name.size() + 2));
}

ImapClient::ImapClient(int port, Connection::Security security, Ticket* ticket)
    : connection_(port, security, ticket) {
    auto greeting = connection_.line();
    if (!greeting.starts_with("* OK"))
        throw std::runtime_error(fmt::format("greeting: {}", greeting));
}

void ImapClient::login(const std::string& user, const std::string& password) {
    command(fmt::format("LOGIN {} {}", user, password));
}

void ImapClient::logout() {
    leaving_ = true;
    command("LOGOUT");
}

std::string ImapClient::send(std::string_view text) {
    auto tag = fmt::format("a{}", ++commands_);
    connection_.send(fmt::format("{} {}\r\n", tag, text));
    return tag;
}

Reply ImapClient::command(std::string_view text) { return read(send(text)); }

Reply ImapClient::append(std::string_view mailbox, std::string_view message) {
    auto tag = fmt::format("a{}", ++commands_);
    connection_.send(
        fmt::format("{} APPEND {} {{{}+}}\r\n{}\r\n", tag, mailbox, message.size(), message));
    return read(tag);
}

Reply ImapClient::read(const std::string& tag) {
    Reply reply;
    bool inside = false;  // After a literal: the same response goes on.
    for (;;) {
        auto line = connection_.line();
        if (!inside && !line.starts_with("* ")) {
            auto answer = fmt::format("{} OK", tag);
            if (!line.starts_with(answer)) throw std::runtime_error(std::string(line));
            reply.tagged = line;
            return reply;
        }
        if (!inside && line.starts_with("* BYE") && !leaving_)
            throw std::runtime_error(std::string(line));
        auto literal = literal_at_end(line);
        if (!inside) count(reply, line);
        inside = literal >= 0;
        if (inside) {
            reply.literal_bytes += static_cast<std::uint64_t>(literal);
            connection_.skip(static_cast<std::uint64_t>(literal));
        }
    }
}

}  // namespace rook::bench
