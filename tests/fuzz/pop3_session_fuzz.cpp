// Arbitrary bytes from POP3 clients, before login or behind it: every answer begins with a status
// and ends a line, and the store agrees with itself at the end.
#include "fuzz/session_world.h"
#include "pop3/pop3.h"

using namespace rook;

namespace {

struct Oracle {
    void said(std::string_view) {}
    void heard(std::string_view output, bool is_closed) {
        CHECK(output.starts_with("+OK") || output.starts_with("-ERR") || output.starts_with("+ "));
        CHECK(output.ends_with("\r\n") || is_closed);
        const auto status = output.substr(0, output.find("\r\n"));
        CHECK(status.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
        CHECK(status.size() <= 512 || status.starts_with("+ "));
    }
};

}  // namespace

FUZZ_WITHIN(text, fuzz::kNoBudget) {
    fuzz::Input in(text);
    const auto begin = in.byte();
    fuzz::World world;
    const pop3::Services services{*world.accounts, world.authenticator, world.clock, world.log};
    fuzz::Play<Oracle> play(world,
                            [&](net::Link& link) { return pop3::make_session(services, link); });
    if (begin & 1) play.say("USER alice\r\nPASS x\r\n");
    play.run(in.rest());
    world.check();
}
