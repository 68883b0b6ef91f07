// A whole server without a network, for the tests of verbs: called in the process, through a
// session, and through the command line.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "admin/admin.h"
#include "admin/verb_list.h"
#include "base/random.h"
#include "net/fake_link.h"
#include "store/memory/memory_store.h"

namespace rook::admin {

class AdminTest : public testing::Test {
protected:
    // What `call` answers, or {"why": "...", "said": "..."}.
    Json call(std::string_view name, const Json& args = Json::object({})) {
        auto* verb = find_verb(name);
        EXPECT_TRUE(verb) << name;
        if (!verb) return {};
        return flat(run_verb(*verb, services, args));
    }
    Json feed(std::string_view name, const Json& args, std::string_view bytes) {
        auto sink = begin_verb(*find_verb(name), services, args);
        if (!sink) return flat(std::unexpected(sink.error()));
        auto done = (*sink)->write(bytes);
        return flat(done ? (*sink)->finish() : Result<Json>(std::unexpected(done.error())));
    }
    static Json flat(const Result<Json>& answer) {
        if (answer) return *answer;
        return Json::object(
            {{"why", to_string(answer.error().why)}, {"said", answer.error().said}});
    }
    static std::string why(const Json& answer) {
        auto* found = answer.find("why");
        return found && found->as_text() ? *found->as_text() : "ok";
    }
    static std::string text(Why reason) { return std::string(to_string(reason)); }
    static std::string text(const Json& json, std::string_view name) {
        auto* found = json.find(name);
        return found && found->as_text() ? *found->as_text() : "-";
    }
    static std::int64_t number(const Json& json, std::string_view name) {
        auto* found = json.find(name);
        return found && found->as_number() ? *found->as_number() : -1;
    }
    // The row of a list whose `name` is `value`.
    static Json row(const Json& list, std::string_view name, std::string_view value) {
        for (auto& one : *list.as_array()) {
            if (text(one, name) == value) return one;
        }
        return {};
    }
    static Json one(std::string_view name, std::string_view value) {
        return Json::object({{std::string(name), value}});
    }
    static Json many(std::string_view name, std::initializer_list<std::string_view> values) {
        auto list = Json::array();
        for (auto& value : values) list.push(value);
        return Json::object({{std::string(name), list}});
    }

    void add_ann() {
        call("domain add", many("domain", {"example.org"}));
        auto args = many("address", {"ann@example.org"});
        EXPECT_EQ(why(call("account add", args.set("no-password", true))), "ok");
    }
    std::int64_t messages_in(std::string_view address, std::string_view mailbox) {
        return number(row(call("mailbox list", one("address", address)), "name", mailbox),
                      "messages");
    }

    std::unique_ptr<store::MemoryStore> store = store::make_memory_store();
    StoppedClock clock;
    std::unique_ptr<Random> random = make_seeded_random(11);
    NullLog log;
    std::unique_ptr<directory::Directory> directory =
        directory::Directory::open(*store, clock, {.default_domain = "example.org"}).value();
    std::unique_ptr<auth::Authenticator> authenticator =
        auth::Authenticator::make(*directory, clock, *random, log, {});
    std::unique_ptr<mailbox::Accounts> accounts =
        mailbox::Accounts::open(*store, *directory, clock, *random, log, {}).value();
    Services services{*store, *directory, *authenticator, *accounts, nullptr, clock,
                      log,    "1.0",      "host.example", "/data",   "",      {}};
};

}  // namespace rook::admin
