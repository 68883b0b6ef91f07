// For the session fuzzers: a server in memory with two accounts, and a script of arbitrary bytes
// for several clients.
//
// In a script 0xFF and a byte are a stage direction: a digit goes on with that client (made when it
// is first named), 'd' delivers a message to alice, 'n' tells every client what is new, 't' lets
// the client's time pass, 'e' ends it from the server's side, 'h' hangs up. Everything else is
// sent.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "auth/fake_authenticator.h"
#include "base/check.h"
#include "base/fuzzing.h"
#include "directory/directory.h"
#include "mailbox/account_impl.h"
#include "mailbox/accounts.h"
#include "net/fake_link.h"
#include "store/memory/memory_store.h"

namespace rook::fuzz {

constexpr std::string_view kMail =
    "From: Bob <bob@example.test>\r\nTo: alice@example.test\r\nSubject: =?utf-8?q?h=C3=A9?=\r\n"
    "Message-ID: <1@example.test>\r\nDate: Mon, 2 Jan 2006 15:04:05 -0700\r\n"
    "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nHello.\r\n.dot\r\n--b\r\n"
    "Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPHA+eA==\r\n--b--\r\n";

struct World {
    std::unique_ptr<store::MemoryStore> store = store::make_memory_store();
    StoppedClock clock;
    NullLog log;
    std::unique_ptr<Random> random = make_seeded_random(1);
    std::unique_ptr<directory::Directory> directory =
        directory::Directory::open(*store, clock, {.default_domain = "example.test"}).value();
    auth::FakeAuthenticator authenticator{*directory, clock, *random, log};
    std::unique_ptr<mailbox::Accounts> accounts =
        mailbox::Accounts::open(*store, *directory, clock, *random, log, {}).value();
    AccountId alice, bob;

    World() {
        directory->add_domain("example.test").value();
        alice = add("alice@example.test");
        bob = add("bob@example.test");
        deliver("Subject: plain\r\n\r\nA line.\r\n");
        deliver(kMail);
        deliver("no header at all");
    }
    AccountId add(std::string address) {
        directory::Account account;
        account.address = std::move(address);
        return accounts->create(std::move(account)).value();
    }
    void deliver(std::string_view bytes) {
        const auto opened = accounts->open(alice);
        if (!opened) return;  // removed by the script
        const auto account = *opened;
        auto staged = account->stage(bytes.size()).value();
        staged->write(bytes).value();
        staged->finish().value();
        const mailbox::Target target{account->find("INBOX")->id, {}};
        (void)account->add(std::move(staged), std::span(&target, 1), std::nullopt);
    }
    // What is stored agrees with itself, and what is in memory with what is stored.
    void check() {
        CHECK(accounts->check().value().problems.empty());
        for (const auto& one : directory->accounts().value()) {
            const auto account = accounts->open(one->id).value();
            CHECK(std::dynamic_pointer_cast<mailbox::AccountImpl>(account)->check_consistency());
        }
    }
};

// `Oracle` is made for each client, sees what it is sent by heard(text, is_closed), and what the
// script says by said(text).
template <class Oracle>
class Play {
public:
    Play(World& world, net::SessionFactory factory) : world_(world), factory_(std::move(factory)) {}

    void say(std::string_view text) {
        auto& client = at(now_);
        client.oracle.said(text);
        client.link->send(text);
        listen(client);
    }
    void run(std::string_view script) {
        while (!script.empty()) {
            const auto text = script.substr(0, script.find('\xFF'));
            if (!text.empty()) say(text);
            script.remove_prefix(text.size());
            if (script.size() < 2) break;
            direct(script[1]);
            script.remove_prefix(2);
        }
        for (auto& client : clients_) {
            if (!client.link) continue;
            client.link->hang_up();
            client.link.reset();
        }
    }
    void use(std::size_t client) { now_ = client; }
    const Oracle& oracle(std::size_t client) const { return clients_[client].oracle; }

private:
    struct Client {
        std::unique_ptr<net::FakeLink> link;
        Oracle oracle;
    };
    Client& at(std::size_t i) {
        auto& client = clients_[i];
        if (!client.link) {
            client.link = std::make_unique<net::FakeLink>(factory_);
            client.link->set_tls(true);
            client.link->start();
            listen(client);
        }
        return client;
    }
    void listen(Client& client) {
        CHECK(client.link->broken_by().empty());
        const auto output = client.link->take_output();
        if (!output.empty()) client.oracle.heard(output, client.link->is_closed());
    }
    void direct(char what) {
        auto& client = at(now_);
        switch (what) {
            case '0':
            case '1':
            case '2':
                use(static_cast<std::size_t>(what - '0'));
                break;
            case 'd':
                world_.deliver(kMail);
                break;
            case 'n':
                for (auto& one : clients_) {
                    if (one.link && one.link->deliver_wakes()) listen(one);
                }
                break;
            case 't':
                client.link->time_out();
                break;
            case 'e':
                client.link->end("Over");
                client.link->deliver_wakes();
                break;
            case 'h':
                client.link->hang_up();
                break;
            default:
                return say(std::string_view(&what, 1));
        }
        listen(client);
    }

    World& world_;
    net::SessionFactory factory_;
    std::array<Client, 3> clients_;
    std::size_t now_ = 0;
};

}  // namespace rook::fuzz
