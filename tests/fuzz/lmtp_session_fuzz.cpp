// Arbitrary bytes from a mail server over LMTP, or from a mail program over submission: replies are
// lines of a code and text; what was not acknowledged is not there, what is there has no bare line
// ends, and the store agrees with itself at the end.
#include "base/ascii.h"
#include "fuzz/session_world.h"
#include "smtp/smtp.h"

using namespace rook;

namespace {

struct Oracle {
    void said(std::string_view) {}
    void heard(std::string_view output, bool is_closed) {
        CHECK(output.ends_with("\r\n") || is_closed);
        while (!output.empty()) {
            const auto line = output.substr(0, output.find("\r\n"));
            output.remove_prefix(std::min(output.size(), line.size() + 2));
            CHECK(line.size() >= 4 && (line[3] == ' ' || line[3] == '-'));
            CHECK(parse_number<unsigned>(line.substr(0, 3)).value_or(0) >= 200);
            for (char c : line) CHECK(!is_ctl(c));
            if (line.starts_with("250 2.")) ++acknowledged;
        }
    }
    std::size_t acknowledged = 0;
};

std::size_t check_inbox(fuzz::World& world, AccountId id, std::size_t skip) {
    const auto account = world.accounts->open(id).value();
    const auto view =
        account->select(account->find("INBOX")->id, mailbox::Account::Access::ReadOnly, [] {})
            .value();
    std::size_t messages = 0;
    UidSet all;
    all.add(Uid{1}, Uid{0xFFFFFFFF});
    view->walk(all,
               [&](const mailbox::View::Item& item) {
                   if (++messages <= skip) return true;
                   auto body = account->body(item.entry.email).value();
                   const auto bytes = body->read(0, body->size()).value();
                   for (std::size_t i = 0; i < bytes.size(); ++i) {
                       if (bytes[i] == '\n') CHECK(i > 0 && bytes[i - 1] == '\r');
                       if (bytes[i] == '\r') CHECK(i + 1 < bytes.size() && bytes[i + 1] == '\n');
                   }
                   return true;
               })
        .value();
    return messages - skip;
}

}  // namespace

FUZZ_WITHIN(text, fuzz::kNoBudget) {
    fuzz::Input in(text);
    const auto begin = in.byte();
    const auto kind = begin & 1 ? smtp::Kind::Submission : smtp::Kind::Lmtp;
    fuzz::World world;
    smtp::Services services{*world.accounts, world.authenticator, *world.directory,
                            world.clock,     *world.random,       world.log};
    services.options.hostname = "mail.example.test";
    fuzz::Play<Oracle> play(
        world, [&](net::Link& link) { return smtp::make_session(services, kind, link); });
    if (begin & 2) play.say(begin & 1 ? "EHLO a\r\nAUTH PLAIN AGFsaWNlAHg=\r\n" : "LHLO a\r\n");
    if (begin & 4) play.say("MAIL FROM:<bob@example.test>\r\nRCPT TO:<alice@example.test>\r\n");
    play.run(in.rest());
    world.check();
    std::size_t deliveries = 0;
    for (auto direction = in.rest().find("\xFF"
                                         "d");
         direction != std::string_view::npos; direction = in.rest().find("\xFF"
                                                                         "d",
                                                                         direction + 2))
        ++deliveries;
    const auto arrived = check_inbox(world, world.alice, 3) + check_inbox(world, world.bob, 0);
    std::size_t acknowledged = deliveries;
    for (std::size_t client : {0, 1, 2}) acknowledged += play.oracle(client).acknowledged;
    CHECK(arrived <= acknowledged);
}
