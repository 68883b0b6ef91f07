// An IMAP command as a row and as a value: everything that the session needs to know of it.
//
// Add one: a file in commands/, a line in command_list.cpp (README.md).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/result.h"
#include "imap/wire/args.h"
#include "imap/wire/reader.h"
#include "imap/wire/writer.h"
#include "net/session.h"

namespace rook::imap {

class Session;
using wire::Args;
using wire::NumberSet;
using Reply = wire::Writer;

// RFC 9051 3. Bits: a row may allow several.
enum class State : std::uint8_t {
    BeforeLogin = 1,
    LoggedIn = 2,
    Selected = 4,
    AfterLogin = LoggedIn | Selected,
    Any = BeforeLogin | LoggedIn | Selected,
};
constexpr bool allows(State row, State now) {
    return (static_cast<unsigned>(row) & static_cast<unsigned>(now)) != 0;
}

// What the command has to do with message sequence numbers (RFC 9051 7.5.1).
enum class Numbers : std::uint8_t {
    Untouched,
    Reads,       // no EXPUNGE may be told while it runs or with its answer
    MayExpunge,  // takes messages away, or is the UID form of one that Reads
};

// Whether a command's numbers are sequence numbers or UIDs.
enum class By : std::uint8_t { Seq, Uid };

// A command with its arguments, parsed; run once.
class Command {
public:
    virtual ~Command() = default;
    // Does the work and writes the untagged answers into s.reply(); the session adds the tagged
    // one: OK, or what the error is in IMAP's words (reply_code.cpp).
    virtual Result<> run(Session&) { return {}; }
    // A long answer is lazy: override this instead. Called until it says Done or fails; each call
    // writes about net::kStepBytes and returns More.
    virtual Result<net::Step> step(Session& s) {
        TRY(run(s));
        return net::Step::Done;
    }
    // Where it runs when its row says Runs::OnWorker.
    virtual net::Lane lane() const { return net::Lane::Short; }
    // Asked on a worker, of a command in the Hash lane: else it is run there and then.
    virtual bool must_hash(Session&) { return true; }

    // Of a command that takes a literal as a stream (CommandSpec::begin_stream).
    // Called when its turn comes, before the literal's first byte: refuses what cannot be (no such
    // mailbox, too big), so that it is never sent. Must not touch the disk.
    virtual Result<> begin_literal(Session&, const wire::Literal&) { return {}; }
    // Bytes of it, valid for the call. True: there is enough to call store_literal() in a job.
    virtual bool take_literal(std::string_view) { return false; }
    virtual Result<> store_literal(Session&) { return {}; }
    // What stands behind the literal, up to the end of the command.
    virtual Result<> tail(Args& args) { return args.end(); }
};
using CommandPtr = std::unique_ptr<Command>;

enum class Runs : std::uint8_t {
    Here,      // at once, on the network thread: touches no disk and never waits
    OnWorker,  // in a job
};

struct CommandSpec {
    std::string_view name;  // "NOOP", "UID COPY"
    std::string_view rfc;
    State states = State::Any;
    Numbers numbers = Numbers::Untouched;
    Runs runs = Runs::OnWorker;
    std::string_view capability = {};  // advertised because this command is there
    // The code of a NO for Why::NotFound and Why::Denied, when it is not the usual one
    // (reply_code.cpp).
    std::string_view not_found_code = {}, denied_code = {};
    // It carries a password: where none may be sent, it is refused before its literals are.
    bool is_secret = false;
    // `args` stands behind the name and its blank.
    Result<CommandPtr> (*parse)(Args& args) = nullptr;
    // Called when a literal is announced: the command that takes it as a stream, or null when the
    // literal is an ordinary argument. `args` ends with the literal's head.
    Result<CommandPtr> (*begin_stream)(Args& args) = nullptr;
    std::span<const std::string_view> examples = {};  // feed the parse test and the fuzz seeds
};

// For rows whose command has no arguments and no state.
template <class T>
Result<CommandPtr> parse_bare(Args& args) {
    TRY(args.end());
    return std::make_unique<T>();
}

}  // namespace rook::imap
