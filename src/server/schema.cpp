#include "server/schema.h"

#include <algorithm>

#include "base/ascii.h"
#include "directory/address.h"

namespace rook::server {
namespace {

#define AT(member) +[](Config& c) -> auto& { return c.member; }
#define CHOICE(member, Type, ...)                                      \
    Choice {                                                           \
        {__VA_ARGS__}, +[](const Config& c) { return int(c.member); }, \
            +[](Config& c, int i) { c.member = Type(i); }              \
    }

bool is_domain(std::string_view text) { return directory::canonical_domain(text).has_value(); }

// It stands in greetings and in Received: nothing that ends a word or a line.
bool is_host(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_'; });
}

}  // namespace

const std::vector<Setting>& schema() {
    static const std::vector<Setting> settings = {
        {"", "data", Place<std::string>(AT(data)),
         "The folder that holds everything: the store and the admin socket. It is made with mode "
         "0700. Required."},
        {"", "hostname", Name{AT(hostname), is_host, "a host name"},
         "This server's name, in greetings and in Received. The machine's own name when left out."},

        {"server", "user", Place<std::string>(AT(user)),
         "The user as whom the server runs when it is started as root, which it then refuses when "
         "this is left out. `root` for staying root. Ports below 1024 are opened before; "
         "certificate and key must be readable by the user."},
        {"server", "landlock", Place<bool>(AT(landlock)),
         "Let the kernel keep the server to the files that this configuration names, and from "
         "connecting to anywhere, where it can (docs/hardening.md)."},
        {"server", "seccomp", Place<bool>(AT(seccomp)),
         "Let the kernel refuse system calls that the server has no use for, where it can."},

        {"tls", "certificate", Place<std::string>(AT(certificate)),
         "PEM file with the certificate and its chain. Read again on SIGHUP."},
        {"tls", "key", Place<std::string>(AT(key)), "PEM file with its private key."},

        {"listen", "imap", Addresses{AT(listen.imap)},
         "IMAP with STARTTLS. Each address is `ADDRESS:PORT`, `[IPV6]:PORT` or `unix:PATH`."},
        {"listen", "imaps", Addresses{AT(listen.imaps)}, "IMAP inside TLS."},
        {"listen", "pop3", Addresses{AT(listen.pop3)}, "POP3 with STLS."},
        {"listen", "pop3s", Addresses{AT(listen.pop3s)}, "POP3 inside TLS."},
        {"listen", "lmtp", Addresses{AT(listen.lmtp)},
         "LMTP, for the mail server that hands mail in. It asks for no password: loopback or a "
         "Unix socket."},
        {"listen", "submission", Addresses{AT(listen.submission)},
         "Message submission with STARTTLS."},
        {"listen", "submissions", Addresses{AT(listen.submissions)},
         "Message submission inside TLS."},

        {"auth", "plaintext", CHOICE(auth.plaintext, auth::Options::Plaintext, "never", "loopback"),
         "Whether a password may come without TLS: never, or from this machine only."},
        {"auth", "default_domain", Name{AT(default_domain), is_domain, "a domain"},
         "Completes a login name that has no domain."},
        {"auth", "scram_for_passwords", Place<bool>(AT(auth.scram_for_passwords)),
         "Let SCRAM-SHA-256 check people's own passwords, of which a verifier (600,000 iterations) "
         "is kept then, and not app passwords, which go by PLAIN and LOGIN."},
        {"auth", "advertise_scram", Place<bool>(AT(auth.advertise_scram)),
         "List SCRAM-SHA-256 among the mechanisms; it is taken unlisted too. Not where people log "
         "in with passwords that SCRAM does not check: clients such as mbsync and neomutt choose "
         "it wherever it is listed, and then the login fails."},
        {"auth", "concurrent_hashes", Count{AT(auth.concurrent_hashes)},
         "Passwords hashed at once; each takes 19 MiB.", 1, 64},
        {"auth", "queued_hashes", Count{AT(net.queued_hashes)},
         "Logins from one address that may wait for a hash, and addresses with one that waits; "
         "more "
         "are refused at once.",
         1, 100'000},
        {"auth", "failures_per_network", Count{AT(auth.failures_per_network)},
         "Failed logins a minute from one address (one /64 of IPv6) before it is refused for the "
         "rest of the minute.",
         1, 1'000'000},
        {"auth", "failures_per_account", Count{AT(auth.failures_per_account)},
         "The same for one account, counting only addresses that never logged in to it.", 1,
         1'000'000},
        {"auth", "failure_delay", Milliseconds{AT(auth.failure_delay)},
         "Milliseconds before a failed login is answered.", 0, 60'000},

        {"limits", "message_bytes", Size{AT(mailbox.message_bytes)}, "The largest message.", 1024,
         std::int64_t{1} << 31},
        {"limits", "staged_in_memory", SizeT{AT(mailbox.staged_in_memory)},
         "Of an arriving message, what is kept in memory before it goes to the store in pieces.",
         4096, 64 << 20},
        {"limits", "mailboxes", CountT{AT(mailbox.mailboxes)}, "Mailboxes of one account.", 10,
         1'000'000},
        {"limits", "mailbox_name_bytes", SizeT{AT(mailbox.mailbox_name_bytes)},
         "The longest mailbox name.", 64, 1'000},
        {"limits", "mailbox_depth", CountT{AT(mailbox.mailbox_depth)}, "Levels of a mailbox name.",
         2, 100},
        {"limits", "page_cache_bytes", SizeT{AT(mailbox.page_cache_bytes)},
         "Memory for pages of mailboxes and summaries, the whole process.", 1 << 20,
         std::int64_t{1} << 36},
        {"limits", "view_queue", CountT{AT(mailbox.view_queue)},
         "Changes that may wait to be told to one client before it is brought up to date from the "
         "store instead.",
         100, 1'000'000},
        {"limits", "undelete_hours", Hours{AT(mailbox.undelete)},
         "How long expunged mail is kept; less, down to a day, while the disk is short of room.",
         24, 24 * 3650},
        {"limits", "change_log_hours", Hours{AT(mailbox.change_log)},
         "How long changes are kept for clients that come back.", 24, 24 * 3650},
        {"limits", "connections", Count{AT(net.connections)},
         "Connections in all. At the limit the oldest one that has not logged in is closed.", 10,
         1'000'000},
        {"limits", "connections_per_address", Count{AT(net.connections_per_network)},
         "Connections from one address (one /64 of IPv6).", 1, 1'000'000},
        {"limits", "login_timeout", Seconds{AT(login_timeout)},
         "Seconds in which a client must log in.", 5, 3600},
        {"limits", "idle_timeout", Seconds{AT(idle_timeout)},
         "Seconds without a command before a session ends.", 60, 86'400},
        {"limits", "stalled_output", Seconds{AT(net.stalled_output)},
         "Seconds in which a client must take at least one byte of what waits for it.", 10, 3600},
        {"limits", "handshake", Seconds{AT(net.handshake)}, "Seconds for a TLS handshake.", 1, 600},
        {"limits", "bad_commands", Count{AT(bad_commands)},
         "Unknown or malformed commands in a row before the connection is closed.", 1, 10'000},
        {"limits", "command_bytes", SizeT{AT(imap.command_bytes)},
         "An IMAP command with its literals, APPEND's message apart.", 65'536, 64 << 20},
        {"limits", "recipients", CountT{AT(smtp.recipients)}, "Recipients of one message.", 100,
         100'000},
        {"limits", "loops", Count{AT(net.loops)}, "Network threads; 0 is one a core.", 0, 256},
        {"limits", "short_workers", Count{AT(net.short_workers)},
         "Threads for ordinary commands; they wait for the disk together.", 1, 1024},
        {"limits", "scan_workers", Count{AT(net.scan_workers)},
         "Threads for searches that read messages.", 1, 256},

        {"imap", "literal", CHOICE(imap.literal_minus, bool, "plus", "minus"),
         "Which of LITERAL+ and LITERAL- (RFC 7888) is offered."},

        {"store", "reserve", Size{AT(reserve_bytes)},
         "Free disk space below which only reading and deleting go on.", 0, std::int64_t{1} << 40},
        {"store", "cache", Size{AT(store_cache_bytes)},
         "Memory for what was read from the store's files.", 8 << 20, std::int64_t{1} << 40},
        {"store", "write_buffers", Size{AT(store_buffer_bytes)},
         "Memory for what is in the store's log and not yet in its tables. Less of it means more "
         "writing.",
         8 << 20, std::int64_t{1} << 40},

        {"log", "file", Place<std::string>(AT(log.file)),
         "Where the log goes; standard error when left out. Opened anew on SIGHUP. `rookery trace` "
         "reads it."},
        {"log", "format", CHOICE(log.format, LogFormat, "logfmt", "json"), "How a line looks."},
        {"log", "level", CHOICE(log.level, LogLevel, "debug", "info", "warning", "error"),
         "The least important lines that are written."},
    };
    return settings;
}

}  // namespace rook::server
