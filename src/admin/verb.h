// A verb of the command line and of the admin API, as a row: what it takes, what it does, how its
// answer is shown. verb_list.cpp is the table of contents.
//
// Threads: rows are constants; run() is called by any worker, several at once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "admin/admin.h"
#include "admin/json.h"

namespace rook::admin {

struct Argument {
    std::string_view name, help;
    enum class How : std::uint8_t { One, Many } how = How::One;
};

struct Option {
    std::string_view name, help;
    enum class Kind : std::uint8_t {
        Flag,
        Text,
        Texts,  // "imap,pop3", or given several times
        Number,
        Size,      // "5 GB"; bytes in the API
        Password,  // --password-stdin, or asked for on the terminal; a text in the API
    } kind = Kind::Text;
};

// What a call was given, checked against the row: the getters may rely on it.
class Args {
public:
    explicit Args(const Json& json) : json_(json) {}
    std::string text(std::string_view name) const;  // "" when left out
    std::vector<std::string> texts(std::string_view name) const;
    std::optional<std::int64_t> number(std::string_view name) const;
    bool flag(std::string_view name) const;
    bool has(std::string_view name) const { return json_.find(name) != nullptr; }

private:
    const Json& json_;
};

struct Call {
    const Services& services;
    Args args;
};

// How far something is, in any unit.
using Progress = std::function<void(std::uint64_t done, std::uint64_t all)>;

// What takes long, in slices: between them it can be watched, given up, and others have a turn.
class Slices {
public:
    virtual ~Slices() = default;
    // The answer; nullopt while there is more to do.
    virtual Result<std::optional<Json>> step() = 0;
    virtual std::uint64_t done() const = 0;
    virtual std::uint64_t all() const = 0;
};

// Takes the bytes that come with a call. One at a time.
class Sink {
public:
    virtual ~Sink() = default;
    // After an error the rest of the bytes is left out, and the error is the answer.
    virtual Result<> write(std::string_view bytes) = 0;
    virtual Result<Json> finish() = 0;
};

// Calls verbs, here or in the server.
class Caller {
public:
    virtual ~Caller() = default;
    // A piece of the bytes that go with a call; nullopt at their end.
    using Pieces = std::function<Result<std::optional<std::string>>()>;
    virtual Result<Json> call(std::string_view verb, const Json& args,
                              const Pieces& input = {}) = 0;
    // For whoever waits at the terminal.
    virtual void progress(std::uint64_t done, std::uint64_t all) = 0;
};

struct Verb {
    std::string_view name;  // "account app-password add"
    std::string_view help;
    std::span<const Argument> arguments = {};
    std::span<const Option> options = {};
    bool is_change = false;  // logged
    bool is_inner = false;   // a part of other verbs: not on the command line
    // On a terminal, asked before it runs: "Remove {} and all its mail?"
    std::string_view confirm = {};

    // One of the four.
    Result<Json> (*run)(Call&) = nullptr;
    Result<std::unique_ptr<Slices>> (*start)(const Call&) = nullptr;  // reads the whole store
    Result<std::unique_ptr<Sink>> (*begin)(const Call&) = nullptr;    // takes bytes: standard input
    Result<Json> (*on_client)(const Args&, Caller&) = nullptr;  // reads the caller's own files

    // In place of the others where no server runs: for what must come before the store is opened.
    Result<Json> (*alone)(const Program&, const std::string& config_file, const Args&,
                          const Progress&) = nullptr;

    // Of a list of objects, the members that a person sees, in order; "size:" and so on in front
    // say how (print.cpp).
    std::span<const std::string_view> columns = {};
    // The exit code when there was an answer; 0 when null.
    int (*exit_code)(const Json& answer) = nullptr;
};

// BadSyntax with a sentence: something is missing, unknown or of the wrong kind.
Result<> check_args(const Verb&, const Json& args);

// check_args, run (or start, to its end), start or begin, and a line in the log when it is a
// change.
Result<Json> run_verb(const Verb&, const Services&, const Json& args, const Progress& = {});
Result<std::unique_ptr<Slices>> start_verb(const Verb&, const Services&, const Json& args);
Result<std::unique_ptr<Sink>> begin_verb(const Verb&, const Services&, const Json& args);

}  // namespace rook::admin
