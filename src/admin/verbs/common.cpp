#include "admin/verbs/common.h"

#include <fmt/chrono.h>

#include "base/ascii.h"

namespace rook::admin {
namespace {

struct Name {
    directory::Protocol protocol;
    std::string_view name;
};
constexpr Name kNames[] = {
    {directory::Protocol::Imap, "imap"},
    {directory::Protocol::Pop3, "pop3"},
    {directory::Protocol::Submission, "submission"},
    {directory::Protocol::Jmap, "jmap"},
    {directory::Protocol::ManageSieve, "managesieve"},
};

}  // namespace

Result<directory::AccountPtr> find_account(const Services& services, std::string_view address) {
    auto account = TRY(services.directory.find(address));
    if (!account) return fail(Why::NotFound, fmt::format("There is no account {}", address));
    return account;
}

Result<mailbox::AccountPtr> open_mail(const Services& services, std::string_view address) {
    auto account = TRY(find_account(services, address));
    return services.accounts.open(account->id);
}

Result<directory::Protocols> read_protocols(const std::vector<std::string>& words) {
    if (words.empty()) return directory::kAllProtocols;
    directory::Protocols out = 0;
    for (auto& word : words) {
        directory::Protocols bit = 0;
        std::string known;
        for (auto& [protocol, name] : kNames) {
            if (iequals(word, name)) bit = static_cast<directory::Protocols>(protocol);
            known.append(known.empty() ? "" : ", ").append(name);
        }
        if (bit == 0)
            return fail(Why::BadSyntax,
                        fmt::format("{} is no protocol; these are: {}", word, known));
        out = static_cast<directory::Protocols>(out | bit);
    }
    return out;
}

Json protocol_names(directory::Protocols protocols) {
    auto out = Json::array();
    for (auto& [protocol, name] : kNames) {
        if (directory::has(protocols, protocol)) out.push(name);
    }
    return out;
}

std::string time_text(std::int64_t seconds) {
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(static_cast<std::time_t>(seconds)));
}

Result<Json> summed_up(std::size_t all, std::vector<std::pair<std::string, Error>> failed) {
    if (failed.empty()) return Json::object({{"done", all}});
    auto error = failed.front().second;
    error.said.clear();
    for (auto& [text, why] : failed) {
        if (!error.said.empty()) error.said += '\n';
        error.said += fmt::format("{}: {}", text, why.said);
    }
    return std::unexpected(std::move(error));
}

}  // namespace rook::admin
