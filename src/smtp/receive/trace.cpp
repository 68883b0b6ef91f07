#include "smtp/receive/trace.h"

#include <fmt/core.h>

#include "base/ascii.h"

namespace rook::smtp {

namespace {

std::string safe_name(std::string_view name) {
    constexpr std::string_view kAlso = "-._:[]";
    std::string out;
    for (char c : name) out += is_alnum(c) || kAlso.find(c) != kAlso.npos ? c : '?';
    return out.empty() ? "unknown" : out;
}

std::string address_literal(std::string_view address) {
    return address.find(':') == address.npos ? fmt::format("[{}]", address)
                                             : fmt::format("[IPv6:{}]", address);
}

// RFC 3848 and RFC 6531 4.3: "UTF8SMTPSA" has no E; all the rest is as one expects.
std::string with_protocol(const TraceFacts& facts) {
    std::string name = facts.is_utf8 ? "UTF8" : "";
    name += facts.kind == Kind::Lmtp ? "LMTP" : facts.is_utf8 ? "SMTP" : "ESMTP";
    if (facts.is_tls) name += 'S';
    if (facts.is_logged_in) name += 'A';
    return name;
}

}  // namespace

std::string received_text(const TraceFacts& facts) {
    auto text = "from " + safe_name(facts.hello);
    if (facts.peer.port != 0) text += fmt::format(" ({})", address_literal(facts.peer.address));
    text += fmt::format("\r\n\tby {} with {} id {}", safe_name(facts.hostname),
                        with_protocol(facts), facts.id);
    return text;
}

}  // namespace rook::smtp
