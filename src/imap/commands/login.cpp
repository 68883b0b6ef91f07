// LOGIN (RFC 9051 6.2.3): a user name and a password, over a connection that may carry them.
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Login final : Command {
    std::string user, password;

    net::Lane lane() const override { return net::Lane::Hash; }
    bool must_hash(Session& s) override {
        return s.services().authenticator.must_hash(s.origin(), user, password);
    }
    Result<> run(Session& s) override {
        return s.log_in(s.services().authenticator.check(s.origin(), user, password));
    }
};

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Login>();
    command->user = TRY(args.astring());
    TRY(args.space());
    command->password = TRY(args.astring());
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {"LOGIN alice@example.test \"alice secret\"",
                                         "LOGIN {5}\r\nalice {6}\r\nsecret"};

}  // namespace

extern const CommandSpec login{
    .name = "LOGIN",
    .rfc = "9051",
    .states = State::BeforeLogin,
    .denied_code = "AUTHENTICATIONFAILED",
    .is_secret = true,
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
