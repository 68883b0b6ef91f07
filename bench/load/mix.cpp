// A mix of IMAP clients: mostly looking, some reading, some changing, as people do.
#include <fmt/format.h>

#include <random>
#include <stdexcept>

#include "load/imap_client.h"
#include "load/mail.h"
#include "load/measure.h"
#include "load/verbs.h"

namespace rook::bench {
namespace {

class Person {
public:
    Person(ImapClient& client, std::uint64_t seed) : client_(client), random_(seed) {
        exists_ = client_.command("SELECT INBOX").exists;
    }

    void act() {
        auto what = random_() % 100;
        auto n = random_() % exists_ + 1;
        if (what < 30) {
            note(client_.command("NOOP"));
        } else if (what < 50) {
            auto from = exists_ > 50 ? exists_ - 49 : 1;
            want(client_.command(fmt::format("FETCH {}:{} (UID FLAGS ENVELOPE)", from, exists_)),
                 exists_ - from + 1);
        } else if (what < 65) {
            want(client_.command(fmt::format("FETCH {} (BODY.PEEK[])", n)), 1);
        } else if (what < 75) {
            note(client_.command(
                fmt::format("STORE {} {}FLAGS (\\Flagged)", n, random_() % 2 ? '+' : '-')));
        } else if (what < 82) {
            note(client_.command("STATUS bench-mix (MESSAGES UNSEEN)"));
        } else if (what < 87) {
            note(client_.command("SEARCH UNSEEN"));
        } else if (what < 92) {
            exists_ = client_.command("SELECT INBOX").exists;
        } else if (what < 95) {
            note(client_.command("LIST \"\" *"));
        } else if (what < 98) {
            note(client_.append("INBOX", mail(random_(), Sizes::Text)));
        } else {
            note(client_.command(fmt::format("COPY {} bench-mix", n)));
        }
    }

private:
    void note(const Reply& reply) {
        if (reply.exists) exists_ = reply.exists;
    }
    void want(const Reply& reply, std::uint64_t fetched) {
        // At least: a flag that another connection changed comes as a FETCH of its own.
        if (reply.fetched < fetched)
            throw std::runtime_error(fmt::format("{} of {} were fetched", reply.fetched, fetched));
        note(reply);
    }

    ImapClient& client_;
    std::mt19937_64 random_;
    std::uint64_t exists_ = 0;
};

}  // namespace

int mix(const Options& options) {
    auto users = options.list("users");
    mail(0, Sizes::Text);
    Measure measure(options);
    measure.run([&](Measure::Worker& worker) {
        auto index = static_cast<std::size_t>(worker.index());
        ImapClient client(options.number("port"), security(options));
        client.login(users[index % users.size()], options.text("password"));
        Person person(client, index);
        while (worker.more()) worker.timed([&] { person.act(); });
    });
    return measure.print();
}

}  // namespace rook::bench
