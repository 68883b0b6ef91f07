// The configuration file: one schema gives defaults, checking and the reference page
// (docs/configuration.md).
//
// Threads: a plain value; read once at start.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/auth.h"
#include "base/log.h"
#include "base/result.h"
#include "imap/imap.h"
#include "mailbox/accounts.h"
#include "net/server.h"
#include "pop3/pop3.h"
#include "smtp/smtp.h"

namespace rook::server {

struct Config {
    std::string data;
    std::string hostname;
    std::string certificate, key;
    std::string user;  // whom root becomes to serve
    bool landlock = true, seccomp = true;
    struct Listen {
        std::vector<std::string> imap, imaps, pop3, pop3s, lmtp, submission, submissions;
        std::vector<std::string> all() const;
    } listen;
    std::string default_domain;
    auth::Options auth;
    mailbox::Limits mailbox;
    net::Limits net;
    imap::Options imap;
    pop3::Options pop3;
    smtp::Options smtp;
    LogOptions log;
    std::uint64_t reserve_bytes = 256u << 20;
    std::uint64_t store_cache_bytes = 64u << 20, store_buffer_bytes = 96u << 20;
    std::chrono::seconds login_timeout{60}, idle_timeout{1800};
    unsigned bad_commands = 20;

    std::string admin_socket() const { return data + "/admin.sock"; }
};

// BadSyntax: one line for each mistake, "FILE:LINE:COLUMN: what is wrong; what is allowed".
// NotFound when there is no such file.
Result<Config> load_config(const std::string& file);
Result<Config> parse_config(std::string_view text, const std::string& file);

// The whole configuration as it is in force, as TOML with a comment for each setting: `rookery
// config show`.
std::string show_config(const Config&);
// docs/configuration.md.
std::string config_reference();

}  // namespace rook::server
