#include <fmt/format.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <string_view>

#include "load/load.h"
#include "load/verbs.h"

namespace rook::bench {
namespace {

struct Verb {
    std::string_view name;
    int (*run)(const Options&);
    std::string_view use;
};

constexpr std::array kVerbs = {
    Verb{"deliver", deliver, "--port LMTP --to A,B,... [--each N] [--size mixed|text|tiny] LOAD"},
    Verb{"fill", fill, "--port LMTP --to A,B,... --count N [--size mixed|text|tiny]"},
    Verb{"append", append, "IMAP LOAD"},
    Verb{"command", command,
         "IMAP --command 'STORE %n %sFLAGS (\\Flagged)' [--of N] [--before 'A;B'] [--fresh] "
         "[--want FETCH=1,...] LOAD"},
    Verb{"batch", batch, "IMAP --kind copy|move|expunge --count N LOAD"},
    Verb{"mailboxes", mailboxes, "IMAP --count N"},
    Verb{"qresync", qresync, "IMAP --count CHANGES --of MESSAGES LOAD"},
    Verb{"push", push, "IMAP --lmtp PORT --to A LOAD"},
    Verb{"mix", mix, "IMAP LOAD"},
    Verb{"login", login, "IMAP [--resume] LOAD"},
    Verb{"pop3", pop3, "IMAP --want MESSAGES LOAD"},
    Verb{"idle", idle, "IMAP --count N"},
};

int usage(std::string_view program) {
    for (auto& verb : kVerbs) fmt::print(stderr, "{} {} {}\n", program, verb.name, verb.use);
    fmt::print(stderr,
               "IMAP: --port N --users A,B,... --password P [--tls]; LOAD: [--connections N] "
               "--seconds S | --runs N\n");
    return 64;
}

}  // namespace

int run(std::string_view program, const std::vector<std::string>& words) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL.
    try {
        Options options(words);
        for (auto& verb : kVerbs)
            if (verb.name == options.verb()) return verb.run(options);
        return usage(program);
    } catch (const std::exception& problem) {
        fmt::print(stderr, "{}: {}\n", program, problem.what());
        return 2;
    }
}

}  // namespace rook::bench
