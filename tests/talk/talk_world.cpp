#include "talk/talk_world.h"

#include <fmt/format.h>

#include "base/check.h"

namespace rook::talk {
namespace {

template <class T>
T must(Result<T> result) {
    if (!result) {
        throw std::runtime_error(
            fmt::format("setting up: {} ({})", result.error().said, result.error().detail));
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// Hashing takes 40 ms: once a password for the whole run.
std::string hashed(auth::Authenticator& authenticator, const std::string& password) {
    static std::map<std::string, std::string> known;
    auto& hash = known[password];
    if (hash.empty()) hash = must(authenticator.hash_password(password));
    return hash;
}

}  // namespace

World::World() : store(store::make_memory_store()), random_(make_seeded_random(1)) {
    open();
    must(directory_->add_domain("example.test"));
    must(add_account("alice@example.test", "alice-secret", 0));
    must(add_account("bob@example.test", "bob-secret", 0));
}

World::~World() = default;

void World::open() {
    directory_ =
        must(directory::Directory::open(*store, clock, {.default_domain = "example.test"}));
    auth::Options options;
    options.plaintext = auth::Options::Plaintext::Never;
    options.failure_delay = std::chrono::seconds(0);
    authenticator_ = auth::Authenticator::make(*directory_, clock, *random_, log_, options);
    accounts_ = must(mailbox::Accounts::open(*store, *directory_, clock, *random_, log_, {}));
    imap_ = std::make_unique<imap::Services>(
        imap::Services{*accounts_, *authenticator_, *directory_, clock, log_});
    pop3_ =
        std::make_unique<pop3::Services>(pop3::Services{*accounts_, *authenticator_, clock, log_});
    smtp_ = std::make_unique<smtp::Services>(
        smtp::Services{*accounts_, *authenticator_, *directory_, clock, *random_, log_});
    smtp_->options.hostname = "mail.example.test";
}

void World::restart() {
    imap_.reset();
    pop3_.reset();
    smtp_.reset();
    accounts_.reset();
    authenticator_.reset();
    directory_.reset();
    open();
}

Result<> World::add_account(const std::string& address, const std::string& password,
                            std::uint64_t quota) {
    auto domain = address.substr(address.find('@') + 1);
    if (!TRY(directory_->has_domain(domain))) TRY(directory_->add_domain(domain));
    directory::Account account;
    account.address = address;
    account.password = hashed(*authenticator_, password);
    account.quota_bytes = quota;
    account.created = clock.seconds();
    TRY(accounts_->create(std::move(account)));
    passwords_[address] = password;
    return {};
}

Result<> World::add_alias(const directory::Alias& alias) { return directory_->add_alias(alias); }

Result<> World::put(const std::string& address, const std::string& mailbox,
                    const mailbox::FlagList& flags, std::string_view message) {
    auto found = TRY(directory_->find(address));
    if (!found) return fail(Why::NotFound, "no account " + address);
    auto account = TRY(accounts_->open(found->id));
    if (!account->find(mailbox)) TRY(account->create(mailbox));
    auto staged = TRY(account->stage(message.size()));
    TRY(staged->write(message));
    TRY(staged->finish());
    mailbox::Target target{account->find(mailbox)->id, flags};
    TRY(account->add(std::move(staged), std::span(&target, 1), {}));
    return {};
}

Result<std::unique_ptr<net::FakeLink>> World::connect(const std::string& protocol) {
    auto plain = protocol.ends_with('s') ? protocol.substr(0, protocol.size() - 1) : protocol;
    net::SessionFactory factory;
    if (plain == "imap") {
        factory = [this](net::Link& link) { return imap::make_session(*imap_, link); };
    } else if (plain == "pop3") {
        factory = [this](net::Link& link) { return pop3::make_session(*pop3_, link); };
    } else if (plain == "lmtp") {
        factory = [this](net::Link& link) {
            return smtp::make_session(*smtp_, smtp::Kind::Lmtp, link);
        };
    } else if (plain == "submission") {
        factory = [this](net::Link& link) {
            return smtp::make_session(*smtp_, smtp::Kind::Submission, link);
        };
    } else {
        return fail(Why::NotFound, "no protocol " + protocol);
    }
    auto link = std::make_unique<net::FakeLink>(factory);
    link->set_tls(plain != protocol);
    link->set_can_start_tls(true);
    link->start();
    return link;
}

std::string World::address(const std::string& user) {
    return user.find('@') == user.npos ? user + "@example.test" : user;
}

const std::string& World::password(const std::string& address) const {
    auto found = passwords_.find(address);
    if (found == passwords_.end()) throw std::runtime_error("no account " + address);
    return found->second;
}

}  // namespace rook::talk
