// Whole exchanges of PLAIN, LOGIN and SCRAM-SHA-256: responses stand between bytes 0xFF.
#include "auth/fake_authenticator.h"
#include "base/check.h"
#include "base/fuzzing.h"
#include "store/memory/memory_store.h"

using namespace rook;
using namespace rook::auth;

namespace {

struct World {
    std::unique_ptr<store::MemoryStore> store = store::make_memory_store();
    StoppedClock clock;
    NullLog log;
    std::unique_ptr<directory::Directory> directory =
        directory::Directory::open(*store, clock, {.default_domain = "example.org"}).value();

    World() {
        directory->add_domain("example.org").value();
        directory::Account ann;
        ann.id = directory->reserve_account().value();
        ann.address = "ann@example.org";
        ann.app_passwords.push_back({.id = 1, .label = "", .verifier = {1, "salt", "key", "key"}});
        directory->add_account(ann).value();
    }
};

}  // namespace

FUZZ(text) {
    static World world;
    const auto random = make_seeded_random(1);
    FakeAuthenticator authenticator(*world.directory, world.clock, *random, world.log);
    const Origin origin{.protocol = directory::Protocol::Imap, .network = "n", .is_tls = true};
    for (std::string_view name : {"PLAIN", "LOGIN", "SCRAM-SHA-256"}) {
        const auto exchange = authenticator.start(origin, name).value();
        for (auto response : split(text.substr(0, 64 * 1024), '\xFF')) {
            const bool is_none = response.empty();
            const auto next = exchange->step(is_none ? std::nullopt : std::optional(response));
            if (!next) break;
            if (auto* login = std::get_if<Login>(&*next)) {
                CHECK(login->account->address == "ann@example.org" && name != "SCRAM-SHA-256");
                break;
            }
            auto& challenge = std::get<Authenticator::Exchange::Challenge>(*next);
            CHECK(challenge.bytes.size() <= 2 * kMaxResponse);
        }
    }
}
