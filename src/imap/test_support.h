// For tests of imap/: a session over mailbox/'s test world, driven by hand.
#pragma once

#include <memory>
#include <string>

#include "imap/imap.h"
#include "mailbox/test_support.h"
#include "net/fake_link.h"

namespace rook::imap {

// Whoever it is.
class AnyPassword final : public auth::Authenticator {
public:
    explicit AnyPassword(directory::Directory& directory)
        : Authenticator({}), directory_(directory) {}
    bool is_allowed(const auth::Origin&) const override { return true; }
    Result<auth::Login> check(const auth::Origin&, std::string_view user,
                              std::string_view) override {
        return auth::Login{TRY(directory_.find(user))};
    }
    bool must_hash(const auth::Origin&, std::string_view, std::string_view) override {
        return true;
    }
    bool is_current(const auth::Login&) override { return true; }
    std::vector<std::string_view> mechanisms(const auth::Origin&) const override { return {}; }
    Result<std::unique_ptr<Exchange>> start(const auth::Origin&, std::string_view) override {
        return no();
    }
    Result<> set_password(AccountId, std::string_view) override { return no(); }
    Result<std::string> hash_password(std::string_view) override { return no(); }
    Result<NewAppPassword> add_app_password(AccountId, std::string, directory::Protocols) override {
        return no();
    }
    Result<> revoke_app_password(AccountId, std::uint32_t) override { return no(); }

private:
    static std::unexpected<Error> no() { return fail(Why::Unsupported, "Not here"); }
    directory::Directory& directory_;
};

class ImapTest : public mailbox::MailboxTest {
protected:
    EmailId put(std::string_view bytes) {
        const auto added = try_add(inbox_, bytes);
        EXPECT_TRUE(added) << added.error().said;
        return added->email;
    }
    // A session with INBOX selected.
    void log_in() {
        services_ = std::make_unique<Services>(
            Services{*accounts_, authenticator_, directory_, clock_, log_});
        link_ = std::make_unique<net::FakeLink>(
            [this](net::Link& link) { return make_session(*services_, link); });
        link_->start();
        say("l LOGIN a@example.test x");
        say("s SELECT INBOX");
    }
    // All that the server says to it.
    std::string say(const std::string& command) {
        link_->send(command + "\r\n");
        return link_->take_output();
    }

    AnyPassword authenticator_{directory_};
    std::unique_ptr<Services> services_;
    std::unique_ptr<net::FakeLink> link_;
};

}  // namespace rook::imap
