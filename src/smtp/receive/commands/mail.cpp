// MAIL (RFC 5321 4.1.1.2): begins a message, with its sender.
#include <fmt/core.h>

#include "base/ascii.h"
#include "smtp/receive/session.h"
#include "smtp/receive/wire/path.h"

namespace rook::smtp {
namespace {

// RFC 1870, 1652, 6531, 4954 5.
Result<> take_parameter(const Session& s, const wire::Parameter& parameter, Transaction& mail) {
    if (iequals(parameter.name, "SIZE")) {
        const auto size = parse_number<std::uint64_t>(parameter.value);
        if (!size) return fail(Why::BadSyntax, "SIZE is a number of octets");
        if (*size > s.max_message_bytes()) {
            return fail(Why::TooBig,
                        fmt::format("Messages may have {} octets", s.max_message_bytes()));
        }
        mail.size = *size;
        return {};
    }
    if (iequals(parameter.name, "BODY")) {
        if (iequals(parameter.value, "7BIT") || iequals(parameter.value, "8BITMIME")) return {};
        return fail(Why::BadSyntax, "BODY is 7BIT or 8BITMIME");
    }
    if (iequals(parameter.name, "SMTPUTF8") && !parameter.has_value) {
        mail.is_utf8 = true;
        return {};
    }
    // Who first submitted it; we believe nobody, which is "AUTH=<>".
    if (iequals(parameter.name, "AUTH") && s.kind() == Kind::Submission && parameter.has_value) {
        return {};
    }
    return fail(Why::Unsupported, fmt::format("{} is not known here", parameter.name));
}

void run(Session& s, std::string_view args) {
    if (s.transaction()) return s.bad_command({503, "5.5.1"}, "A message has begun; RSET ends it");
    const auto path = wire::parse_path_args(args, "FROM");
    if (!path) return s.bad_command({501, "5.1.7"}, path.error().said);
    Transaction mail;
    mail.sender = path->address;
    for (const auto& parameter : path->parameters) {
        const auto taken = take_parameter(s, parameter, mail);
        if (taken) continue;
        if (taken.error().why == Why::Unsupported) {
            return s.reply({555, "5.5.4"}, taken.error().said);
        }
        return s.error(taken.error());
    }
    if (path->is_utf8 && !mail.is_utf8) {
        return s.reply({550, "5.6.7"}, "Such an address needs SMTPUTF8");
    }
    if (s.kind() == Kind::Submission) {
        const auto owns = s.services().directory.owns(s.login()->account->id, mail.sender);
        if (!owns && owns.error().why != Why::BadSyntax) {
            s.log_error(owns.error());
            return s.error(owns.error());
        }
        if (mail.sender.empty() || !owns || !*owns) {
            return s.reply({550, "5.7.1"}, "The sender must be your own address");
        }
    }
    s.transaction() = std::move(mail);
    s.reply({250, "2.1.0"}, "Sender taken");
}

constexpr std::string_view examples[] = {"MAIL FROM:<alice@example.test>",
                                         "MAIL FROM:<> SIZE=1000 BODY=8BITMIME SMTPUTF8"};

}  // namespace

extern const CommandSpec mail_command{
    .name = "MAIL",
    .rfc = "5321",
    .usage = "MAIL FROM:<address> [SIZE=octets] [BODY=8BITMIME] [SMTPUTF8]",
    .needs = Needs::Login,
    .where = Where::Job,
    .takes_arguments = true,
    .run = run,
    .examples = examples,
};
}  // namespace rook::smtp
