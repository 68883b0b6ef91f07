#include "server/wiring.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/files.h"
#include "base/random.h"
#include "imap/imap.h"
#include "pop3/pop3.h"
#include "server/version.h"
#include "smtp/smtp.h"
#include "store/embedded/embedded_store.h"

namespace rook::server {
namespace {

// Its name is on the disk before anything in it is promised, also where an earlier run was killed
// between the two.
Result<> make_data_folder(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    const bool is_new = mkdir(path.c_str(), 0700) == 0;
    if (!is_new && errno != EEXIST) {
        return fail(Why::Cannot,
                    fmt::format("cannot make the data folder {}: {}", path, std::strerror(errno)));
    }
    auto synced = make_system_files()->sync_dir(parent_dir(path));
    // The folder around an old one may be closed to us.
    if (!synced && is_new) return synced;
    return {};
}

}  // namespace

store::EmbeddedOptions store_options(const Config& config) {
    return {.path = config.data + "/store",
            .reserve_bytes = config.reserve_bytes,
            .cache_bytes = config.store_cache_bytes,
            .write_buffer_bytes = config.store_buffer_bytes};
}

struct Wiring::Parts {
    Config config;
    SystemClock clock;
    SystemRandom random;
    std::unique_ptr<Log> log;
    std::unique_ptr<store::Store> store;
    std::unique_ptr<directory::Directory> directory;
    std::unique_ptr<auth::Authenticator> authenticator;
    std::unique_ptr<mailbox::Accounts> accounts;
    std::unique_ptr<net::Server> net;
    std::unique_ptr<admin::Services> admin;
    std::unique_ptr<imap::Services> imap;
    std::unique_ptr<pop3::Services> pop3;
    std::unique_ptr<smtp::Services> smtp;
};

Wiring::Wiring(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Wiring::~Wiring() {
    if (parts_->store) parts_->store->close();
}

Result<std::unique_ptr<Wiring>> Wiring::open(const Config& config) {
    auto parts = std::make_unique<Parts>();
    auto& p = *parts;
    p.config = config;
    p.log = TRY(open_log(config.log, p.clock));
    TRY(make_data_folder(config.data));
    p.store = TRY(store::open_embedded_store(store_options(config), *p.log));
    p.directory = TRY(
        directory::Directory::open(*p.store, p.clock, {.default_domain = config.default_domain}));
    p.authenticator =
        auth::Authenticator::make(*p.directory, p.clock, p.random, *p.log, config.auth);
    p.accounts = TRY(
        mailbox::Accounts::open(*p.store, *p.directory, p.clock, p.random, *p.log, config.mailbox));
    p.admin = std::make_unique<admin::Services>(admin::Services{
        *p.store, *p.directory, *p.authenticator, *p.accounts, nullptr, p.clock, *p.log, kVersion,
        config.hostname, config.data, config.log.file, p.clock.tick()});
    return std::unique_ptr<Wiring>(new Wiring(std::move(parts)));
}

const admin::Services& Wiring::services() { return *parts_->admin; }
Log& Wiring::log() { return *parts_->log; }

Result<> Wiring::listen(const net::BoundSockets& bound) {
    auto& p = *parts_;
    auto& config = p.config;
    p.net = TRY(net::Server::start(config.net, p.clock, *p.log));
    p.admin->server = p.net.get();
    if (!config.certificate.empty()) TRY(p.net->load_tls(config.certificate, config.key));

    auto hashes_full = [net = p.net.get()](const std::string& network) {
        return net->hash_lane_full(network);
    };
    p.imap = std::make_unique<imap::Services>(imap::Services{
        *p.accounts, *p.authenticator, *p.directory, p.clock, *p.log, hashes_full, config.imap});
    p.pop3 = std::make_unique<pop3::Services>(
        pop3::Services{*p.accounts, *p.authenticator, p.clock, *p.log, hashes_full, config.pop3});
    p.smtp = std::make_unique<smtp::Services>(smtp::Services{*p.accounts, *p.authenticator,
                                                             *p.directory, p.clock, p.random,
                                                             *p.log, hashes_full, config.smtp});

    // A changed password, a switch or a removal ends the account's sessions.
    p.directory->watch([net = p.net.get()](AccountId account, directory::Directory::What what) {
        if (what == directory::Directory::What::Quota) return;
        net->end_sessions([&](auto& session) { return session.facts.account == account; },
                          "The account has changed; log in again");
    });

    auto starttls = config.certificate.empty() ? net::Tls::None : net::Tls::StartTls;
    net::SessionFactory imap = [&p](net::Link& link) { return imap::make_session(*p.imap, link); };
    net::SessionFactory pop3 = [&p](net::Link& link) { return pop3::make_session(*p.pop3, link); };
    net::SessionFactory lmtp = [&p](net::Link& link) {
        return smtp::make_session(*p.smtp, smtp::Kind::Lmtp, link);
    };
    net::SessionFactory submission = [&p](net::Link& link) {
        return smtp::make_session(*p.smtp, smtp::Kind::Submission, link);
    };
    net::SessionFactory admin = [&p](net::Link& link) {
        return admin::make_session(*p.admin, link);
    };
    struct Port {
        const std::vector<std::string>& addresses;
        net::Tls tls;
        const char* name;
        const net::SessionFactory& factory;
    };
    const std::vector<std::string> admin_socket{"unix:" + config.admin_socket()};
    const Port ports[] = {
        {config.listen.imap, starttls, "imap", imap},
        {config.listen.imaps, net::Tls::Implicit, "imap", imap},
        {config.listen.pop3, starttls, "pop3", pop3},
        {config.listen.pop3s, net::Tls::Implicit, "pop3", pop3},
        {config.listen.lmtp, net::Tls::None, "lmtp", lmtp},
        {config.listen.submission, starttls, "submission", submission},
        {config.listen.submissions, net::Tls::Implicit, "submission", submission},
        {admin_socket, net::Tls::None, "admin", admin},
    };
    for (auto& port : ports) {
        for (auto& address : port.addresses) {
            net::Endpoint endpoint{address, port.tls, port.name};
            if (auto at = bound.find(address); at != bound.end()) endpoint.bound = at->second;
            TRY(p.net->listen(endpoint, port.factory));
            p.log->info("listening", {{"protocol", port.name}, {"address", address}});
        }
    }
    return {};
}

void Wiring::stop() {
    if (parts_->net) parts_->net->stop("Server is shutting down", std::chrono::milliseconds(3500));
}

void Wiring::reload() {
    auto& p = *parts_;
    if (auto done = p.log->reopen(); !done)
        p.log->error("log-reopen", {{"error", done.error().detail}});
    if (!p.config.certificate.empty()) {
        if (auto done = p.net->load_tls(p.config.certificate, p.config.key); !done) {
            p.log->error("certificate-reload",
                         {{"error", done.error().said}, {"detail", done.error().detail}});
            return;
        }
    }
    p.log->info("reloaded", {});
}

void Wiring::tidy() {
    auto more = parts_->accounts->tidy();
    if (!more)
        parts_->log->warning("tidy",
                             {{"error", more.error().said}, {"detail", more.error().detail}});
}

}  // namespace rook::server
