// The command line: words to a verb's arguments by its row, the call, the answer printed.
#include <fmt/format.h>
#include <sysexits.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdlib>

#include "admin/admin.h"
#include "admin/callers.h"
#include "admin/exit_code.h"
#include "admin/print.h"
#include "admin/terminal.h"
#include "admin/verb_list.h"
#include "base/ascii.h"

namespace rook::admin {
namespace {

constexpr std::size_t kPiece = 32 * 1024;
constexpr const char* kDefaultConfig = "/etc/rookery/rookery.toml";

void complain(std::string_view said) { fmt::print(stderr, "rookery: {}\n", said); }

// What CLI11 filled in for one verb.
struct Words {
    const Verb* verb = nullptr;
    CLI::App* command = nullptr;
    std::map<std::string, std::string, std::less<>> texts;
    std::map<std::string, std::vector<std::string>, std::less<>> lists;
    std::map<std::string, bool, std::less<>> flags;
    bool is_yes = false;
};

struct OwnWords {
    const Program::Verb* verb = nullptr;
    CLI::App* command = nullptr;
    std::vector<std::string> words;
};

class CommandLine {
public:
    explicit CommandLine(const Program& program)
        : program_(program), app_("Rookery, a mail server", "rookery") {
        const char* given = std::getenv("ROOKERY_CONFIG");
        config_ = given ? given : kDefaultConfig;
        app_.add_option("--config", config_, "The configuration file")->capture_default_str();
        app_.add_flag("--json", as_json_, "Answer in JSON");
        app_.set_version_flag("--version", "rookery " + program.version);
        app_.require_subcommand(1);
        for (auto& verb : program_.verbs) add(verb);
        for (auto* verb : all_verbs()) {
            if (!verb->is_inner) add(*verb);
        }
    }

    int run(int argc, char** argv) {
        try {
            app_.parse(argc, argv);
        } catch (const CLI::ParseError& error) {
            return app_.exit(error) == 0 ? EX_OK : EX_USAGE;
        }
        for (auto& one : own_words_) {
            if (!one->command->parsed()) continue;
            for (auto& word : one->command->remaining()) one->words.push_back(word);
            return one->verb->run(config_, one->words);
        }
        for (auto& one : words_) {
            if (one->command->parsed()) return run(*one);
        }
        return EX_USAGE;
    }

private:
    // --- from rows to CLI11 ---

    void add(const Program::Verb& verb) {
        auto& words = *own_words_.emplace_back(std::make_unique<OwnWords>());
        words.verb = &verb;
        words.command = app_.add_subcommand(verb.name, verb.help);
        if (verb.how == Program::Verb::Takes::All) {
            words.command->prefix_command();
            return;
        }
        words.command->fallthrough();
        if (!verb.takes.empty()) words.command->add_option(verb.takes, words.words)->required();
    }

    CLI::App* group(CLI::App* parent, const std::string& path, std::string_view own) {
        auto& found = groups_[path];
        if (!found) {
            found = parent->add_subcommand(std::string(own), std::string(group_help(path)));
            found->require_subcommand(1)->fallthrough();
        }
        return found;
    }

    void add(const Verb& verb) {
        auto& words = *words_.emplace_back(std::make_unique<Words>());
        words.verb = &verb;
        auto names = split(verb.name, ' ');
        CLI::App* parent = &app_;
        std::string path;
        for (std::size_t i = 0; i + 1 < names.size(); ++i) {
            path.append(path.empty() ? "" : " ").append(names[i]);
            parent = group(parent, path, names[i]);
        }
        auto* command = words.command =
            parent->add_subcommand(std::string(names.back()), std::string(verb.help));
        command->fallthrough();
        for (auto& argument : verb.arguments) {
            std::string name(argument.name), help(argument.help);
            auto* option = argument.how == Argument::How::One
                               ? command->add_option(name, words.texts[name], help)
                               : command->add_option(name, words.lists[name], help);
            option->required();
        }
        for (auto& option : verb.options) add(words, option);
        if (!verb.confirm.empty()) command->add_flag("--yes", words.is_yes, "Do not ask");
    }

    static void add(Words& words, const Option& option) {
        std::string name(option.name);
        std::string help(option.help);
        switch (option.kind) {
            case Option::Kind::Flag:
                words.command->add_flag("--" + name, words.flags[name], help);
                return;
            case Option::Kind::Password:
                words.command->add_flag("--" + name + "-stdin", words.flags[name],
                                        "Take " + help + "; asked for on a terminal otherwise");
                return;
            case Option::Kind::Texts:
                // One word each time, or it would take the arguments behind it too.
                words.command->add_option("--" + name, words.lists[name], help)
                    ->delimiter(',')
                    ->allow_extra_args(false);
                return;
            case Option::Kind::Text:
            case Option::Kind::Number:
            case Option::Kind::Size:
                words.command->add_option("--" + name, words.texts[name], help);
                return;
        }
    }

    // --- from CLI11 to arguments ---

    static Json texts(const std::vector<std::string>& all) {
        auto out = Json::array();
        for (auto& one : all) out.push(one);
        return out;
    }

    Result<Json> args_of(const Words& words) const {
        Json out = Json::object({});
        for (auto& argument : words.verb->arguments) {
            out.set(argument.name, argument.how == Argument::How::One
                                       ? Json(words.texts.find(argument.name)->second)
                                       : texts(words.lists.find(argument.name)->second));
        }
        for (auto& option : words.verb->options) TRY(set_option(words, option, out));
        return out;
    }

    Result<> set_option(const Words& words, const Option& option, Json& out) const {
        if (option.kind == Option::Kind::Password) return set_password(words, option, out);
        if (option.kind == Option::Kind::Flag) {
            if (words.flags.find(option.name)->second) out.set(option.name, true);
            return {};
        }
        if (words.command->count("--" + std::string(option.name)) == 0) return {};
        if (option.kind == Option::Kind::Texts) {
            out.set(option.name, texts(words.lists.find(option.name)->second));
            return {};
        }
        auto& given = words.texts.find(option.name)->second;
        if (option.kind == Option::Kind::Text) {
            out.set(option.name, given);
            return {};
        }
        auto number = option.kind == Option::Kind::Size ? read_size(given)
                                                        : parse_number<std::uint64_t>(given);
        if (!number)
            return fail(Why::BadSyntax, fmt::format("--{}: {} is no {}", option.name, given,
                                                    option.kind == Option::Kind::Size
                                                        ? "size such as 500 MB or 5 GB"
                                                        : "number"));
        out.set(option.name, *number);
        return {};
    }

    static Result<> set_password(const Words& words, const Option& option, Json& out) {
        auto none = words.flags.find("no-password");
        if (none != words.flags.end() && none->second) return {};
        const bool from_stdin = words.flags.find(option.name)->second;
        if (!from_stdin && !is_terminal(STDIN_FILENO))
            return fail(Why::BadSyntax,
                        fmt::format("{} needs --password-stdin{} when there is no terminal",
                                    words.verb->name,
                                    none == words.flags.end() ? "" : " or --no-password"));
        out.set(option.name, TRY(from_stdin ? read_password_line() : ask_new_password()));
        return {};
    }

    // --- the call ---

    // The server; null when none runs.
    Result<std::unique_ptr<Caller>> server() {
        auto path = program_.socket_path(config_);
        if (!path) {
            config_is_bad_ = true;
            return std::unexpected(std::move(path).error());
        }
        return connect_caller(*path, progress_);
    }

    static Result<std::optional<std::string>> read_stdin() {
        std::string piece(kPiece, '\0');
        for (;;) {
            auto n = read(STDIN_FILENO, piece.data(), piece.size());
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) return fail(Why::Io, "Standard input cannot be read");
            if (n == 0) return std::nullopt;
            piece.resize(static_cast<std::size_t>(n));
            return piece;
        }
    }

    static bool is_wanted(const Words& words) {
        if (words.verb->confirm.empty() || words.is_yes || !is_terminal(STDIN_FILENO)) return true;
        std::string what;
        for (auto& one : words.lists.find(words.verb->arguments.back().name)->second)
            what += (what.empty() ? "" : ", ") + one;
        return ask_yes(fmt::format(fmt::runtime(words.verb->confirm), what));
    }

    Result<Json> call(const Words& words, const Json& args) {
        auto& verb = *words.verb;
        auto connected = TRY(server());
        if (!connected && verb.alone) return verb.alone(program_, config_, Args(args), progress_);
        if (!connected) connected = local_caller(TRY(program_.open(config_)), progress_);
        if (verb.on_client) return verb.on_client(Args(args), *connected);
        if (!verb.begin) return connected->call(verb.name, args);
        return connected->call(verb.name, args, read_stdin);
    }

    int run(const Words& words) {
        auto args = args_of(words);
        if (!args) {
            complain(args.error().said);
            return EX_USAGE;
        }
        if (!is_wanted(words)) return EX_OK;
        auto answer = call(words, *args);
        bar_.end();
        if (!answer) {
            auto& error = answer.error();
            complain(error.detail.empty() ? error.said
                                          : fmt::format("{} ({})", error.said, error.detail));
            return config_is_bad_ ? EX_CONFIG : exit_code(error.why);
        }
        if (as_json_)
            fmt::print("{}\n", show_json(*answer));
        else
            fmt::print("{}", shown(*words.verb, *answer));
        return words.verb->exit_code ? words.verb->exit_code(*answer) : EX_OK;
    }

    const Program& program_;
    CLI::App app_;
    std::string config_;
    bool as_json_ = false, config_is_bad_ = false;
    std::map<std::string, CLI::App*> groups_;
    // CLI11 keeps addresses of what it fills in.
    std::vector<std::unique_ptr<Words>> words_;
    std::vector<std::unique_ptr<OwnWords>> own_words_;
    ProgressBar bar_;
    const Progress progress_ = [this](std::uint64_t done, std::uint64_t all) {
        bar_.show(done, all);
    };
};

}  // namespace

int run_cli(int argc, char** argv, const Program& program) {
    return CommandLine(program).run(argc, argv);
}

}  // namespace rook::admin
