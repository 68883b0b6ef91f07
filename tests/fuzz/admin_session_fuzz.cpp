// Arbitrary bytes from callers of the admin API: every line that they get is one JSON object with
// an answer, an error or how far work is; a line of theirs gets at most one answer; and the store
// agrees with itself at the end, whatever was added, removed, delivered or restored.
#include "admin/admin.h"
#include "admin/json.h"
#include "admin/wire.h"
#include "base/base64.h"
#include "directory/records.h"
#include "fuzz/session_world.h"

using namespace rook;

namespace {

class Oracle {
public:
    void said(std::string_view text) {
        questions_ += static_cast<std::size_t>(std::ranges::count(text, '\n'));
    }
    void heard(std::string_view output, bool) {
        while (!output.empty()) {
            const auto end = output.find('\n');
            CHECK(end != std::string_view::npos);
            check(output.substr(0, end));
            output.remove_prefix(end + 1);
        }
    }

    bool has_restored() const { return has_restored_; }

private:
    void check(std::string_view line) {
        const auto json = admin::read_json(line);
        CHECK(json && json->as_object() && json->as_object()->size() == 1);
        if (const auto progress = admin::read_progress(line)) {
            CHECK(progress->done <= progress->all);
            return;
        }
        const auto* answer = json->find("answer");
        CHECK(answer || json->find("error"));
        if (answer && answer->find("damaged")) has_restored_ = true;
        // The end of a session, and a line that is too long, are told without a question.
        CHECK(++answers_ <= questions_ + 1);
    }
    std::size_t questions_ = 0, answers_ = 0;
    bool has_restored_ = false;
};

}  // namespace

// The first byte says whether an account is coming in from a backup already.
FUZZ_WITHIN(text, fuzz::kNoBudget) {
    fuzz::Input in(text);
    const auto begin = in.byte();
    fuzz::World world;
    const admin::Services services{*world.store,
                                   *world.directory,
                                   world.authenticator,
                                   *world.accounts,
                                   nullptr,
                                   world.clock,
                                   world.log,
                                   "1",
                                   "mail.example.test",
                                   "data",
                                   "",
                                   {}};
    fuzz::Play<Oracle> play(world,
                            [&](net::Link& link) { return admin::make_session(services, link); });
    if (begin & 1) {
        using admin::Json;
        const auto alice = world.directory->find(world.alice).value();
        auto args = Json::object({{"address", begin & 2 ? "bob@example.test" : "new@example.test"},
                                  {"number", static_cast<std::int64_t>(world.alice.v)},
                                  {"record", base64_encode(directory::account_value(*alice))}});
        if (begin & 2) args.set("replace", true);
        play.say(admin::call_line("account restore", args));
    }
    play.run(in.rest());
    // What comes from a backup is taken as it is; what is wrong with it is named, and no more.
    bool has_restored = false;
    for (std::size_t client : {0, 1, 2})
        has_restored = has_restored || play.oracle(client).has_restored();
    if (has_restored)
        (void)world.accounts->check().value();
    else
        world.check();
}
