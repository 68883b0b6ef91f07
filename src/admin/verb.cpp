#include "admin/verb.h"

#include <fmt/format.h>

#include <algorithm>

namespace rook::admin {
namespace {

bool is_texts(const Json& json) {
    auto* array = json.as_array();
    return array && std::all_of(array->begin(), array->end(),
                                [](const Json& one) { return one.as_text() != nullptr; });
}

bool fits(const Argument& argument, const Json& json) {
    if (argument.how == Argument::How::One) return json.as_text() != nullptr;
    return is_texts(json) && !json.as_array()->empty();
}

bool fits(const Option& option, const Json& json) {
    switch (option.kind) {
        case Option::Kind::Flag:
            return json.as_bool() != nullptr;
        case Option::Kind::Text:
        case Option::Kind::Password:
            return json.as_text() != nullptr;
        case Option::Kind::Texts:
            return is_texts(json);
        case Option::Kind::Number:
        case Option::Kind::Size:
            return json.as_number() && *json.as_number() >= 0;
    }
    return false;
}

// What the log says of a call: its arguments, never an option's value, which may be a secret.
std::string subject(const Verb& verb, const Json& json) {
    Args args(json);
    std::string out;
    for (auto& argument : verb.arguments) {
        for (auto& text : args.texts(argument.name)) out.append(out.empty() ? "" : " ") += text;
    }
    return out;
}

void log_change(const Verb& verb, const Services& services, const Json& args, const Error* error) {
    if (!verb.is_change) return;
    services.log.info("admin", {{"verb", verb.name},
                                {"subject", subject(verb, args)},
                                {"result", error ? to_string(error->why) : "done"}});
}

}  // namespace

std::string Args::text(std::string_view name) const {
    auto* found = json_.find(name);
    return found && found->as_text() ? *found->as_text() : std::string();
}

std::vector<std::string> Args::texts(std::string_view name) const {
    std::vector<std::string> out;
    auto* found = json_.find(name);
    if (found && found->as_text()) out.push_back(*found->as_text());
    if (found && found->as_array()) {
        for (auto& one : *found->as_array()) {
            if (one.as_text()) out.push_back(*one.as_text());
        }
    }
    return out;
}

std::optional<std::int64_t> Args::number(std::string_view name) const {
    auto* found = json_.find(name);
    if (!found || !found->as_number()) return {};
    return *found->as_number();
}

bool Args::flag(std::string_view name) const {
    auto* found = json_.find(name);
    return found && found->as_bool() && *found->as_bool();
}

Result<> check_args(const Verb& verb, const Json& args) {
    auto bad = [&](std::string_view what, std::string_view name) {
        return fail(Why::BadSyntax, fmt::format("{}: {} {}", verb.name, name, what));
    };
    if (!args.as_object()) return bad("must be an object", "args");
    for (auto& argument : verb.arguments) {
        auto* given = args.find(argument.name);
        if (!given) return bad("is missing", argument.name);
        if (!fits(argument, *given)) return bad("is of the wrong kind", argument.name);
    }
    for (auto& [name, value] : *args.as_object()) {
        auto is_it = [&](auto& one) { return one.name == name; };
        if (std::any_of(verb.arguments.begin(), verb.arguments.end(), is_it)) continue;
        auto option = std::find_if(verb.options.begin(), verb.options.end(), is_it);
        if (option == verb.options.end()) return bad("is unknown", name);
        if (!fits(*option, value)) return bad("is of the wrong kind", name);
    }
    return {};
}

Result<Json> run_verb(const Verb& verb, const Services& services, const Json& args,
                      const Progress& progress) {
    if (verb.start) {
        auto slices = TRY(start_verb(verb, services, args));
        for (;;) {
            if (progress) progress(slices->done(), slices->all());
            if (auto answer = TRY(slices->step())) return *answer;
        }
    }
    TRY(check_args(verb, args));
    Call call{services, Args(args)};
    auto answer = verb.run(call);
    log_change(verb, services, args, answer ? nullptr : &answer.error());
    return answer;
}

Result<std::unique_ptr<Slices>> start_verb(const Verb& verb, const Services& services,
                                           const Json& args) {
    TRY(check_args(verb, args));
    return verb.start(Call{services, Args(args)});
}

Result<std::unique_ptr<Sink>> begin_verb(const Verb& verb, const Services& services,
                                         const Json& args) {
    TRY(check_args(verb, args));
    return verb.begin(Call{services, Args(args)});
}

}  // namespace rook::admin
