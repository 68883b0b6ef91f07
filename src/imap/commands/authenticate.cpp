// AUTHENTICATE (RFC 9051 6.2.2), with an initial response (RFC 4959).
#include "base/base64.h"
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Authenticate final : Command {
    std::string mechanism;
    std::optional<std::string> initial;

    net::Lane lane() const override { return net::Lane::Hash; }
    bool must_hash(Session& s) override {
        const auto exchange = s.services().authenticator.start(s.origin(), mechanism);
        return exchange && (*exchange)->must_hash(initial);
    }
    Result<> run(Session& s) override {
        auto exchange = TRY(s.services().authenticator.start(s.origin(), mechanism));
        return s.start_exchange(std::move(exchange), std::move(initial));
    }
};

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Authenticate>();
    command->mechanism = TRY(args.atom());
    if (args.at_end()) return command;
    TRY(args.space());
    const auto text = args.rest();
    // RFC 4959 3: "=" is an initial response with nothing in it.
    auto bytes = text == "=" ? std::optional(std::string()) : base64_decode(text);
    if (!bytes || text.empty()) return args.bad("base64");
    command->initial = std::move(*bytes);
    return command;
}

constexpr std::string_view examples[] = {
    "AUTHENTICATE PLAIN", "AUTHENTICATE PLAIN =", "AUTHENTICATE PLAIN AGFsaWNlAHNlY3JldA=="};

}  // namespace

extern const CommandSpec authenticate{
    .name = "AUTHENTICATE",
    .rfc = "9051",
    .states = State::BeforeLogin,
    .denied_code = "AUTHENTICATIONFAILED",
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
