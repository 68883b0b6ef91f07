// Every verb, on a store in memory.
#include <fstream>
#include <sstream>

#include "admin/admin_fixture.h"

namespace rook::admin {
namespace {

TEST_F(AdminTest, Domains) {
    EXPECT_EQ(why(call("domain add", many("domain", {"example.org", "example.net"}))), "ok");
    auto again = call("domain add", many("domain", {"example.com", "example.org", "a b"}));
    EXPECT_EQ(why(again), text(Why::Exists));
    EXPECT_NE(text(again, "said").find("example.org: "), std::string::npos);
    EXPECT_NE(text(again, "said").find("\na b: "), std::string::npos);
    EXPECT_EQ(call("domain list").as_array()->size(), 3u) << "what could be done was done";
    EXPECT_EQ(why(call("domain remove", many("domain", {"example.com"}))), "ok");
    EXPECT_EQ(why(call("domain remove", many("domain", {"example.com"}))), text(Why::NotFound));
}

TEST_F(AdminTest, Accounts) {
    call("domain add", many("domain", {"example.org"}));
    auto args = many("address", {"ann@example.org", "Ben@Example.org"});
    args.set("password", "a-secret").set("quota", 1'000'000);
    args.set("protocols", Json::Array{"imap", "POP3"});
    EXPECT_EQ(why(call("account add", args)), "ok");
    EXPECT_EQ(why(call("account add", args)), text(Why::Exists));
    EXPECT_EQ(why(call("account add", many("address", {"x@example.org"}))), text(Why::BadSyntax));
    auto nowhere = many("address", {"x@nowhere.example"});
    EXPECT_EQ(why(call("account add", nowhere.set("password", "x"))), text(Why::NotFound));

    auto list = call("account list");
    EXPECT_EQ(list.as_array()->size(), 2u);
    EXPECT_EQ(number(row(list, "address", "ben@example.org"), "quota_bytes"), 1'000'000);
    EXPECT_EQ(call("account list", one("domain", "example.net")).as_array()->size(), 0u);

    auto shown = call("account show", one("address", "ann"));
    EXPECT_EQ(text(shown, "address"), "ann@example.org");
    EXPECT_EQ(write_json(*shown.find("protocols")), "[\"imap\",\"pop3\"]");
    EXPECT_EQ(number(shown, "mailboxes"), 6);
    EXPECT_EQ(number(shown, "used_bytes"), 0);
    EXPECT_EQ(text(shown, "created"), "2023-11-14T22:13:20Z");
    EXPECT_EQ(why(call("account show", one("address", "carl"))), text(Why::NotFound));

    auth::Origin origin{directory::Protocol::Imap, "n", true, true, false};
    EXPECT_TRUE(authenticator->check(origin, "ann", "a-secret"));
    EXPECT_EQ(why(call("account password", one("address", "ann").set("password", "another"))),
              "ok");
    EXPECT_FALSE(authenticator->check(origin, "ann", "a-secret"));
    EXPECT_TRUE(authenticator->check(origin, "ann", "another"));
    EXPECT_EQ(why(call("account password", one("address", "ann"))), text(Why::BadSyntax));

    auto change = many("address", {"ann", "ben"});
    EXPECT_EQ(why(call("account set", change)), text(Why::BadSyntax));
    EXPECT_EQ(why(call("account set", change.set("quota", 0))), "ok");
    EXPECT_EQ(number(call("account show", one("address", "ben")), "quota_bytes"), 0);
    EXPECT_EQ(write_json(*call("account show", one("address", "ben")).find("protocols")),
              "[\"imap\",\"pop3\"]");
    EXPECT_EQ(why(call("account set", change.set("protocols", Json::Array{"fax"}))),
              text(Why::BadSyntax));

    EXPECT_EQ(why(call("account remove", many("address", {"ann", "carl"}))), text(Why::NotFound));
    EXPECT_EQ(call("account list").as_array()->size(), 1u);
}

TEST_F(AdminTest, AppPasswords) {
    add_ann();
    auto made = call("account app-password add", one("address", "ann").set("label", "phone"));
    auth::Origin origin{directory::Protocol::Imap, "n", true, true, false};
    EXPECT_TRUE(authenticator->check(origin, "ann", text(made, "secret")));
    auto list = call("account app-password list", one("address", "ann"));
    EXPECT_EQ(number(row(list, "label", "phone"), "id"), number(made, "id"));
    EXPECT_EQ(write_json(list).find(text(made, "secret")), std::string::npos);
    auto revoke = one("address", "ann").set("id", Json::Array{"x"});
    EXPECT_EQ(why(call("account app-password revoke", revoke)), text(Why::BadSyntax));
    revoke.set("id", Json::Array{"1"});
    EXPECT_EQ(why(call("account app-password revoke", revoke)), "ok");
    EXPECT_EQ(why(call("account app-password revoke", revoke)), text(Why::NotFound));
    EXPECT_FALSE(authenticator->check(origin, "ann", text(made, "secret")));
}

TEST_F(AdminTest, Aliases) {
    add_ann();
    auto alias = one("address", "info@example.org").set("target", Json::Array{"ann@example.org"});
    EXPECT_EQ(why(call("alias add", alias)), "ok");
    EXPECT_EQ(why(call("alias add", alias)), text(Why::Exists));
    auto list = call("alias list");
    EXPECT_EQ(write_json(list),
              "[{\"address\":\"info@example.org\",\"targets\":[\"ann@example.org\"]}]");
    EXPECT_EQ(write_json(*call("account show", one("address", "ann")).find("aliases")),
              "[\"info@example.org\"]");
    EXPECT_EQ(why(call("alias remove", many("address", {"info@example.org"}))), "ok");
    EXPECT_EQ(call("alias list").as_array()->size(), 0u);
}

TEST_F(AdminTest, Mailboxes) {
    add_ann();
    auto names = [&](std::initializer_list<std::string_view> list) {
        return many("name", list).set("address", "ann");
    };
    EXPECT_EQ(why(call("mailbox create", names({"Projects/\xc3\x9c"
                                                "ber",
                                                "Other"}))),
              "ok");
    EXPECT_EQ(why(call("mailbox create", names({"Other"}))), text(Why::Exists));
    auto list = call("mailbox list", one("address", "ann"));
    auto made = row(list, "name",
                    "Projects/\xc3\x9c"
                    "ber");
    EXPECT_TRUE(*made.find("subscribed")->as_bool());
    EXPECT_EQ(text(row(list, "name", "Trash"), "role"), "trash");
    EXPECT_EQ(why(call("mailbox unsubscribe", names({"Other"}))), "ok");
    EXPECT_FALSE(*row(call("mailbox list", one("address", "ann")), "name", "Other")
                      .find("subscribed")
                      ->as_bool());
    EXPECT_EQ(why(call("mailbox subscribe", names({"Other"}))), "ok");
    EXPECT_EQ(
        why(call("mailbox rename", one("address", "ann").set("from", "Other").set("to", "Else"))),
        "ok");
    EXPECT_EQ(why(call("mailbox remove", names({"INBOX"}))), text(Why::Cannot));
    EXPECT_EQ(why(call("mailbox remove", names({"Else"}))), "ok");
    EXPECT_TRUE(row(call("mailbox list", one("address", "ann")), "name", "Else").is_null());
    EXPECT_EQ(why(call("mailbox list", one("address", "carl"))), text(Why::NotFound));
}

TEST_F(AdminTest, Deliver) {
    add_ann();
    call("account add", many("address", {"ben@example.org"}).set("no-password", true));
    call("alias add", one("address", "team@example.org")
                          .set("target", Json::Array{"ann@example.org", "ben@example.org"}));
    auto to = many("address", {"team@example.org"});
    EXPECT_EQ(why(feed("deliver", to, "From x Thu Jan  1 1970\nSubject: hi\n\nhello\n")), "ok");
    EXPECT_EQ(messages_in("ann", "INBOX"), 1);
    EXPECT_EQ(messages_in("ben", "INBOX"), 1);
    EXPECT_EQ(why(feed("deliver", many("address", {"nobody@example.org"}), "x")),
              text(Why::NotFound));
    EXPECT_EQ(why(feed("deliver", many("address", {"ann"}).set("from", "no address"), "x")),
              text(Why::BadSyntax));

    auto mail = accounts->open(directory->find("ann").value()->id).value();
    auto view =
        mail->select(mail->find("INBOX")->id, mailbox::Account::Access::ReadOnly, [] {}).value();
    EmailId email;
    UidSet all;
    all.add(Uid{1});
    EXPECT_TRUE(view->walk(all, [&](auto& item) {
        email = item.entry.email;
        return true;
    }));
    auto body = mail->body(email).value();
    auto bytes = body->read(0, body->size()).value();
    EXPECT_TRUE(bytes.starts_with("Return-Path: <>\r\n")) << bytes;
    EXPECT_NE(bytes.find("Delivered-To: "), std::string::npos);
    EXPECT_NE(bytes.find("by host.example"), std::string::npos);
    EXPECT_TRUE(bytes.ends_with("Subject: hi\r\n\r\nhello\r\n")) << bytes;
    EXPECT_EQ(bytes.find("1970"), std::string::npos);
}

// What `trace` will look for.
TEST_F(AdminTest, DeliverIsLogged) {
    class KeptLog final : public Log {
    public:
        void write(LogLevel level, std::string_view event,
                   std::initializer_list<LogField> fields) override {
            lines += format_log_line(LogFormat::Logfmt, {}, level, event, fields) + "\n";
        }
        std::string lines;
    } kept;
    add_ann();
    Services with{*store, *directory, *authenticator, *accounts, nullptr, clock, kept, "", "h", "",
                  "",     {}};
    auto sink = begin_verb(*find_verb("deliver"), with, many("address", {"ann"})).value();
    EXPECT_TRUE(sink->write("Message-ID: <one@x>\n\nbody\n"));
    EXPECT_TRUE(sink->finish());
    EXPECT_NE(kept.lines.find("message_id=one@x"), std::string::npos) << kept.lines;
    EXPECT_NE(kept.lines.find("to=ann@example.org"), std::string::npos) << kept.lines;
    EXPECT_NE(kept.lines.find("fate=stored"), std::string::npos) << kept.lines;
    // A change is logged, and an option's value never is.
    auto args = many("address", {"ben@example.org"}).set("password", "ben-secret");
    EXPECT_TRUE(run_verb(*find_verb("account add"), with, args));
    EXPECT_NE(kept.lines.find("account add"), std::string::npos) << kept.lines;
    EXPECT_EQ(kept.lines.find("ben-secret"), std::string::npos);

    // So is what was refused: to nobody, and for its size.
    kept.lines.clear();
    EXPECT_FALSE(begin_verb(*find_verb("deliver"), with, many("address", {"ann", "nobody"})));
    EXPECT_NE(kept.lines.find("event=delivery from=\"\" to=nobody fate=not-found"),
              std::string::npos)
        << kept.lines;
    auto big = begin_verb(*find_verb("deliver"), with, many("address", {"ann"})).value();
    Result<> done;
    const std::string piece(1 << 20, 'x');
    for (int i = 0; i < 60 && done; ++i) done = big->write(piece);
    EXPECT_FALSE(done);
    EXPECT_NE(kept.lines.find("to=ann@example.org fate=too-big"), std::string::npos) << kept.lines;
}

TEST_F(AdminTest, DeliverToAFullAccount) {
    add_ann();
    call("account set", many("address", {"ann"}).set("quota", 100));
    auto answer = feed("deliver", many("address", {"ann"}), std::string(500, 'x') + "\n");
    EXPECT_EQ(why(answer), text(Why::OverQuota));
    EXPECT_NE(text(answer, "said").find("ann@example.org"), std::string::npos);
    EXPECT_EQ(messages_in("ann", "INBOX"), 0);
}

TEST_F(AdminTest, Append) {
    add_ann();
    auto args = one("address", "ann").set("mailbox", "Archive").set("received", 1'000'000);
    args.set("flags", Json::Array{"\\seen", "\\Flagged", "work"});
    EXPECT_EQ(why(feed("mailbox append", args, "Subject: x\n\ny\n")), "ok");
    auto list = call("mailbox list", one("address", "ann"));
    EXPECT_EQ(number(row(list, "name", "Archive"), "messages"), 1);
    EXPECT_EQ(number(row(list, "name", "Archive"), "unseen"), 0);
    EXPECT_EQ(number(row(list, "name", "Archive"), "bytes"), 17);
    for (auto flags : {"\\Recent", "a b", "", "(x", "\xc3\xbc"}) {
        args.set("flags", Json::Array{flags});
        EXPECT_EQ(why(feed("mailbox append", args, "x")), text(Why::BadSyntax)) << flags;
    }
    EXPECT_EQ(why(feed("mailbox append", one("address", "ann").set("mailbox", "None"), "x")),
              text(Why::NotFound));
}

TEST_F(AdminTest, StatusWithoutAServer) {
    add_ann();
    auto status = call("status");
    EXPECT_FALSE(*status.find("running")->as_bool());
    EXPECT_EQ(number(status, "accounts"), 1);
    EXPECT_EQ(text(status, "version"), "1.0");
    EXPECT_GT(number(status, "memory_bytes"), 1'000'000);
    EXPECT_EQ(number(status, "page_cache_limit_bytes"), 64 << 20);
    EXPECT_EQ(call("sessions").as_array()->size(), 0u);
    EXPECT_EQ(why(call("kick", many("who", {"ann"}))), text(Why::Unsupported));
}

TEST_F(AdminTest, Check) {
    add_ann();
    feed("deliver", many("address", {"ann"}), "Subject: x\n\ny\n");
    auto report = call("check");
    EXPECT_EQ(number(report, "accounts"), 1);
    EXPECT_EQ(number(report, "emails"), 1);
    auto& verb = *find_verb("check");
    EXPECT_EQ(verb.exit_code(report), 0) << write_json(report);
    EXPECT_EQ(verb.exit_code(read_json("{\"problems\":[{}]}").value()), 65);
    // This one is the server's: it has the files open.
    EXPECT_EQ(why(call("check", Json::object({{"repair", true}}))), text(Why::Cannot));
}

TEST_F(AdminTest, Trace) {
    EXPECT_EQ(why(call("trace", one("message-id", "a@b"))), text(Why::Unsupported));
    auto file = testing::TempDir() + "rookery-trace.log";
    std::ofstream(file + ".1") << "ts=1 event=delivery message_id=one@x fate=deferred\n";
    std::ofstream(file) << "ts=2 event=delivery message_id=one@x fate=stored\n"
                           "ts=3 event=delivery message_id=done@x fate=stored\n"
                           "ts=4 event=delivery message_id=\"with \\\"quotes\\\"@x\"\n"
                           "{\"event\":\"delivery\",\"message_id\":\"one@x\"}\n"
                           "ts=5 event=delivery message_id=one@xy\n";
    Services with{*store, *directory, *authenticator, *accounts, nullptr, clock, log, "",
                  "",     "",         file,           {}};
    auto trace = [&](std::string_view id) {
        return flat(run_verb(*find_verb("trace"), with, one("message-id", id)));
    };
    auto lines = trace("<one@x>");
    ASSERT_TRUE(lines.as_array()) << write_json(lines);
    EXPECT_EQ(lines.as_array()->size(), 3u) << write_json(lines);
    EXPECT_EQ(trace("one@x"), lines);
    EXPECT_EQ(why(trace("none@x")), text(Why::NotFound));
    EXPECT_EQ(why(trace("<>")), text(Why::BadSyntax));
    EXPECT_EQ(trace("with \"quotes\"@x").as_array()->size(), 1u);
    std::remove(file.c_str());
    std::remove((file + ".1").c_str());
}

// --- the same through a session ---

class AdminSessionTest : public AdminTest {
protected:
    AdminSessionTest() { link.start(); }
    std::string ask(std::string_view bytes) {
        link.send(bytes);
        return link.take_output();
    }
    net::FakeLink link{[this](net::Link& l) { return make_session(services, l); }};
};

TEST_F(AdminSessionTest, Calls) {
    EXPECT_EQ(ask("{\"verb\":\"domain add\",\"args\":{\"domain\":[\"example.org\"]}}\n"),
              "{\"answer\":{\"done\":1}}\n");
    EXPECT_EQ(ask("{\"verb\":\"domain list\"}\n{\"verb\":\"alias list\"}\n"),
              "{\"answer\":[{\"domain\":\"example.org\"}]}\n{\"answer\":[]}\n");
    EXPECT_EQ(ask("{\"verb\":\"check\"}\n").find("\"error\""), std::string::npos);
    EXPECT_EQ(link.last_lane(), net::Lane::Scan);
    EXPECT_NE(ask("{\"verb\":\"nothing\"}\n").find("There is no verb nothing"), std::string::npos);
    EXPECT_NE(ask("{\"verb\":\"import\",\"args\":{}}\n").find("There is no verb"),
              std::string::npos)
        << "the server reads no files for a caller";
    EXPECT_NE(ask("{\"verb\":\"domain add\"}\n").find("is missing"), std::string::npos);
    EXPECT_FALSE(link.is_closed());
    EXPECT_TRUE(link.broken_by().empty());
}

TEST_F(AdminSessionTest, BytesInPieces) {
    add_ann();
    const std::string begin = "{\"verb\":\"deliver\",\"args\":{\"address\":[\"ann\"]}}\n";
    const std::string all =
        begin + "{\"bytes\":12}\nSubject: x\n\n{\"bytes\":4}\nabc\n{\"end\":true}\n";
    EXPECT_EQ(ask(all), "{\"answer\":{\"done\":1}}\n");
    for (char c : all) link.send({&c, 1});
    EXPECT_EQ(link.take_output(), "{\"answer\":{\"done\":1}}\n");
    EXPECT_EQ(messages_in("ann", "INBOX"), 2);

    // What fails at the start or on the way is said at the end; the connection goes on.
    auto bad =
        ask("{\"verb\":\"deliver\",\"args\":{\"address\":[\"nobody\"]}}\n"
            "{\"bytes\":3}\nabc{\"end\":true}\n");
    EXPECT_NE(bad.find(text(Why::NotFound)), std::string::npos);
    EXPECT_EQ(ask(all), "{\"answer\":{\"done\":1}}\n");
}

TEST_F(AdminSessionTest, NonsenseEndsTheConnection) {
    for (std::string line :
         {"x\n", "{\"bytes\":5}\n", "{\"end\":true}\n", "{\"bytes\":99999999999999999999}\n"}) {
        net::FakeLink other{[this](net::Link& l) { return make_session(services, l); }};
        other.start();
        other.send(line);
        EXPECT_TRUE(other.is_closed()) << line;
        EXPECT_TRUE(other.take_output().starts_with("{\"error\"")) << line;
        EXPECT_TRUE(other.broken_by().empty());
    }
    link.send(std::string(net::kMaxInput, 'x'));
    EXPECT_TRUE(link.is_closed());
    net::FakeLink late{[this](net::Link& l) { return make_session(services, l); }};
    late.start();
    late.time_out();
    EXPECT_TRUE(late.is_closed());
}

TEST_F(AdminSessionTest, LongWorkIsDoneInSlices) {
    add_ann();
    feed("deliver", many("address", {"ann"}), "Subject: x\n\ny\n");
    link.pause_jobs();
    ask("{\"verb\":\"check\",\"progress\":true}\n");
    EXPECT_TRUE(link.is_busy());
    EXPECT_TRUE(link.step());
    EXPECT_EQ(link.take_output(), "") << "nothing is done yet";
    while (link.step()) {
    }
    auto said = link.take_output();
    EXPECT_TRUE(said.starts_with("{\"progress\":{\"done\":1000,\"all\":1000}}\n{\"answer\":"))
        << said;
    // Given up in the middle.
    ask("{\"verb\":\"check\"}\n");
    EXPECT_TRUE(link.step());
    link.hang_up();
    EXPECT_TRUE(link.broken_by().empty());
}

TEST_F(AdminSessionTest, AHangUpInTheMiddleDeliversNothing) {
    add_ann();
    ask("{\"verb\":\"deliver\",\"args\":{\"address\":[\"ann\"]}}\n{\"bytes\":100}\nSubject: x\n");
    link.hang_up();
    EXPECT_EQ(messages_in("ann", "INBOX"), 0);
}

// --- and through the command line ---

class CliTest : public AdminTest {
protected:
    struct Borrowed final : Program::Opened {
        explicit Borrowed(const Services& s) : services_(s) {}
        const Services& services() override { return services_; }
        const Services& services_;
    };

    CliTest() {
        program.version = "1.0";
        program.socket_path = [](const std::string& file) -> Result<std::string> {
            if (file == "bad.toml") return fail(Why::BadSyntax, "bad.toml:1:1: wrong");
            return testing::TempDir() + "no-such-socket";
        };
        program.open = [this](const std::string&) -> Result<std::unique_ptr<Program::Opened>> {
            if (is_locked) return fail(Why::Busy, "Another rookery has it");
            return std::make_unique<Borrowed>(services);
        };
        program.verbs = {{"config", "Show the configuration",
                          [this](const std::string& file, const std::vector<std::string>& words) {
                              own = file;
                              for (auto& word : words) own += " " + word;
                              return 42;
                          },
                          "check|show"},
                         {"serve", "Serve", [](auto&, auto&) { return 43; }}};
    }

    // The exit code; what was printed is in out and err.
    int run(std::vector<std::string> words) {
        words.insert(words.begin(), "rookery");
        std::vector<char*> pointers;
        for (auto& word : words) pointers.push_back(word.data());
        testing::internal::CaptureStdout();
        testing::internal::CaptureStderr();
        auto code = run_cli(static_cast<int>(words.size()), pointers.data(), program);
        std::fflush(nullptr);
        out = testing::internal::GetCapturedStdout();
        err = testing::internal::GetCapturedStderr();
        return code;
    }

    Program program;
    std::string out, err, own;
    bool is_locked = false;
};

TEST_F(CliTest, WordsAndExitCodes) {
    EXPECT_EQ(run({"domain", "add", "example.org", "example.net"}), 0) << err;
    EXPECT_EQ(out, "");
    EXPECT_EQ(run({"domain", "list"}), 0);
    EXPECT_EQ(out, "DOMAIN\nexample.net\nexample.org\n");
    EXPECT_EQ(run({"--json", "domain", "list"}), 0);
    EXPECT_EQ(run({"domain", "list", "--json", "--config", "x.toml"}), 0);
    EXPECT_EQ(read_json(out)->as_array()->size(), 2u);
    EXPECT_EQ(run({"account", "add", "--protocols", "imap,pop3", "ann@example.org", "--no-password",
                   "--quota", "100MB", "ben@example.org", "--protocols", "submission"}),
              0)
        << err;
    EXPECT_EQ(run({"account", "show", "ann@example.org", "--json"}), 0);
    auto shown = read_json(out).value();
    EXPECT_EQ(number(shown, "quota_bytes"), 100 << 20);
    EXPECT_EQ(write_json(*shown.find("protocols")), "[\"imap\",\"pop3\",\"submission\"]");
    EXPECT_EQ(run({"alias", "add", "team@example.org", "ann@example.org", "ben@example.org"}), 0)
        << err;
    EXPECT_EQ(run({"account", "app-password", "add", "ann@example.org", "--label", "phone"}), 0);
    EXPECT_NE(out.find("secret"), std::string::npos);
    EXPECT_EQ(run({"account", "remove", "ben@example.org"}), 0) << err;

    EXPECT_EQ(run({"account", "show", "nobody@example.org"}), 67);
    EXPECT_NE(err.find("There is no account nobody@example.org"), std::string::npos);
    EXPECT_EQ(run({"account", "shwo"}), 64);
    EXPECT_EQ(run({"account", "show"}), 64);
    EXPECT_EQ(run({}), 64);
    EXPECT_EQ(run({"account", "show", "a", "b"}), 64);
    EXPECT_EQ(run({"account", "add", "x@example.org", "--no-password", "--quota", "much"}), 64);
    EXPECT_EQ(run({"domain", "add", "example.org"}), 73);
    EXPECT_EQ(run({"domain", "remove", "example.org"}), 69);
    EXPECT_EQ(run({"domain", "add", "a b"}), 65);
    EXPECT_EQ(run({"kick", "ann@example.org"}), 69);
    EXPECT_EQ(run({"--help"}), 0);
    for (auto word : {"mailbox", "import", "config", "--json"})
        EXPECT_NE(out.find(word), std::string::npos) << word;
    EXPECT_EQ(run({"account", "add", "--help"}), 0);
    EXPECT_NE(out.find("--password-stdin"), std::string::npos);
    EXPECT_EQ(run({"--version"}), 0);
    EXPECT_EQ(out, "rookery 1.0\n");
}

TEST_F(CliTest, TheProgramsOwnVerbs) {
    EXPECT_EQ(run({"config", "check", "--config", "a.toml"}), 42);
    EXPECT_EQ(own, "a.toml check");
    EXPECT_EQ(run({"--config", "b.toml", "config", "show"}), 42);
    EXPECT_EQ(own, "b.toml show");
    EXPECT_EQ(run({"config"}), 64);
    EXPECT_EQ(run({"config", "--help"}), 0);
    EXPECT_NE(out.find("check|show"), std::string::npos) << out;
    EXPECT_EQ(run({"serve"}), 43);
    EXPECT_EQ(run({"serve", "more"}), 64);
}

TEST_F(CliTest, WhatStandsInTheWay) {
    EXPECT_EQ(run({"status", "--config", "bad.toml"}), 78);
    EXPECT_EQ(err, "rookery: bad.toml:1:1: wrong\n");
    is_locked = true;
    EXPECT_EQ(run({"status"}), 75);
    EXPECT_NE(err.find("Another rookery has it"), std::string::npos);
}

TEST_F(CliTest, CheckBeginsWithTheFiles) {
    int repairs = 0;
    store::CheckReport files{.files = 3, .bytes = 9, .records = 1, .damage = {}};
    Result<> opens;
    program.check_files = [&](const std::string&) -> Result<store::CheckReport> { return files; };
    program.repair_files = [&](const std::string&) -> Result<store::RepairReport> {
        ++repairs;
        store::RepairReport report;
        report.notes = {"10 bytes of the log could not be read"};
        return report;
    };
    const auto usual = program.open;
    program.open = [&](const std::string& file) -> Result<std::unique_ptr<Program::Opened>> {
        TRY(opens);
        return usual(file);
    };
    add_ann();
    EXPECT_EQ(run({"check", "--json"}), 0) << err;
    auto answer = read_json(out).value();
    EXPECT_EQ(number(answer, "files"), 3);
    EXPECT_EQ(number(answer, "accounts"), 1);
    EXPECT_EQ(repairs, 0);

    files.damage = {{"db/000007.sst", "checksum", AccountId{5}, "key"}};
    EXPECT_EQ(run({"check"}), 65);
    EXPECT_NE(out.find("file=db/000007.sst what=checksum account_id=5"), std::string::npos) << out;

    // The store refuses to open: the files are reported all the same, and repaired first.
    files.damage.clear();
    opens = fail(Why::Corrupt, "Mail may be missing");
    EXPECT_EQ(run({"check"}), 65);
    EXPECT_NE(out.find("Mail may be missing"), std::string::npos) << out;
    EXPECT_EQ(repairs, 0);
    opens = {};
    EXPECT_EQ(run({"check", "--repair"}), 0);
    EXPECT_NE(out.find("10 bytes of the log could not be read"), std::string::npos) << out;
    EXPECT_EQ(repairs, 1);
    is_locked = true;
    EXPECT_EQ(run({"check"}), 75);
}

TEST_F(CliTest, CheckRepairsTheRecords) {
    program.check_files = [](const std::string&) { return store::CheckReport(); };
    program.repair_files = [](const std::string&) { return store::RepairReport(); };
    add_ann();
    feed("deliver", many("address", {"ann"}), "Subject: x\n\ny\n");
    const auto id = (*directory->find("ann@example.org"))->id;
    store::Batch batch;
    ASSERT_TRUE(store->scan(id, store::Table::Bodies, {}, {}, [&](auto key, auto) {
        batch.erase(store::Table::Bodies, key);
        return true;
    }));
    ASSERT_TRUE(store->commit(id, std::move(batch)));
    EXPECT_EQ(run({"check"}), 65);
    EXPECT_EQ(run({"check", "--repair", "--json"}), 0) << err;
    const auto answer = read_json(out).value();
    EXPECT_EQ(answer.find("problems")->as_array()->size(), 0u);
    EXPECT_EQ(number(answer, "entries"), 0);
    const auto& repaired = *answer.find("repaired")->as_array();
    ASSERT_EQ(repaired.size(), 1u);
    EXPECT_EQ(text(repaired[0], "account"), "ann@example.org");
    EXPECT_EQ(number(repaired[0], "account_id"), static_cast<std::int64_t>(id.v));
    EXPECT_TRUE(text(repaired[0], "what").starts_with("mailbox INBOX: uid 1: email ")) << out;
    EXPECT_TRUE(text(repaired[0], "what").ends_with("; its subject was: x")) << out;
    EXPECT_EQ(run({"check", "--repair", "--json"}), 0);
    EXPECT_EQ(read_json(out)->find("repaired")->as_array()->size(), 0u) << out;
    EXPECT_EQ(run({"check"}), 0);
}

TEST_F(CliTest, EveryVerbHasItsHelp) {
    for (auto* verb : all_verbs()) {
        std::vector<std::string> words;
        std::istringstream names{std::string(verb->name)};
        for (std::string name; names >> name;) words.push_back(name);
        words.emplace_back("--help");
        if (verb->is_inner) {
            (void)run(words);
            EXPECT_EQ(out.find(verb->help), std::string::npos) << verb->name;
            continue;
        }
        EXPECT_EQ(run(words), 0) << verb->name;
        EXPECT_NE(out.find(verb->help), std::string::npos) << verb->name;
        // is_wanted() asks about the last argument, a list.
        if (!verb->confirm.empty())
            EXPECT_EQ(verb->arguments.back().how, Argument::How::Many) << verb->name;
    }
}

}  // namespace
}  // namespace rook::admin
