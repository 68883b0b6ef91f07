// RCPT (RFC 5321 4.1.1.3): a recipient. Only this server's accounts are reached from here.
#include <fmt/core.h>

#include <algorithm>

#include "smtp/receive/session.h"
#include "smtp/receive/wire/path.h"

namespace rook::smtp {
namespace {

void unknown(Session& s, std::string_view address) {
    if (s.kind() == Kind::Submission) {
        const auto domain = address.substr(std::min(address.find('@') + 1, address.size()));
        const auto ours = s.services().directory.has_domain(domain);
        if (!ours || !*ours) {
            return s.reply({550, "5.7.1"}, "Sending to other servers is not set up here");
        }
    }
    s.count_unknown_recipient();
    s.services().log.info("delivery", {{"from", s.transaction()->sender},
                                       {"to", address},
                                       {"fate", "refused"},
                                       {"code", "550 5.1.1"}});
    s.reply({550, "5.1.1"}, fmt::format("<{}> There is no such mailbox", address));
}

// RFC 5321 4.5.1: "Postmaster" alone is this host's, when it is a domain of ours, or the default
// domain's.
std::string complete(Session& s, std::string_view address) {
    if (address.find('@') != address.npos) return std::string(address);
    auto& directory = s.services().directory;
    const auto& hostname = s.services().options.hostname;
    if (directory.has_domain(hostname).value_or(false)) {
        return fmt::format("{}@{}", address, hostname);
    }
    return directory.login_name(address);
}

void run(Session& s, std::string_view args) {
    const auto path = wire::parse_path_args(args, "TO");
    if (!path) return s.bad_command({501, "5.1.3"}, path.error().said);
    if (path->address.empty()) return s.bad_command({501, "5.1.3"}, "A recipient has an address");
    if (!path->parameters.empty()) {
        return s.reply({555, "5.5.4"},
                       fmt::format("{} is not known here", path->parameters[0].name));
    }
    auto& mail = *s.transaction();
    if (path->is_utf8 && !mail.is_utf8) {
        return s.reply({550, "5.6.7"}, "Such an address needs SMTPUTF8");
    }
    if (mail.recipients.size() >= s.services().options.recipients) {
        return s.reply({452, "4.5.3"}, "Too many recipients; send the message again for the rest");
    }
    auto address = complete(s, path->address);
    const auto reached = s.services().directory.resolve(address);
    if (!reached && reached.error().why != Why::BadSyntax) {
        s.log_error(reached.error());
        return s.error(reached.error());
    }
    if (!reached || reached->empty()) return unknown(s, address);
    mailbox::Delivery::Recipient recipient{.address = std::move(address), .accounts = {}};
    for (const auto& one : *reached) recipient.accounts.push_back(one.account->id);
    mail.recipients.push_back(std::move(recipient));
    s.reply({250, "2.1.5"}, "Recipient taken");
}

constexpr std::string_view examples[] = {
    "RCPT TO:<bob@example.test>", "RCPT TO:<bob+lists@example.test>", "RCPT TO:<Postmaster>"};

}  // namespace

extern const CommandSpec rcpt_command{
    .name = "RCPT",
    .rfc = "5321",
    .usage = "RCPT TO:<address>",
    .needs = Needs::Mail,
    .where = Where::Job,
    .takes_arguments = true,
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
