#include "admin/wire.h"

namespace rook::admin {
namespace {

std::unexpected<Error> bad() { return fail(Why::BadSyntax, "The line cannot be read"); }

Why read_why(std::string_view word) {
    for (int i = 0; i <= static_cast<int>(Why::Corrupt); ++i) {
        auto why = static_cast<Why>(i);
        if (to_string(why) == word) return why;
    }
    return Why::Io;
}

std::string line(const Json& json) { return write_json(json) + '\n'; }

}  // namespace

Result<RequestLine> read_request(std::string_view text) {
    auto json = TRY(read_json(text));
    if (auto* verb = json.find("verb"); verb && verb->as_text()) {
        auto* args = json.find("args");
        auto* progress = json.find("progress");
        const bool is_told = progress && progress->as_bool() && *progress->as_bool();
        return CallLine{*verb->as_text(), args ? *args : Json::object({}),
                        is_told ? Tell::Progress : Tell::Answer};
    }
    if (auto* bytes = json.find("bytes"); bytes && bytes->as_number() && *bytes->as_number() > 0)
        return BytesLine{static_cast<std::uint64_t>(*bytes->as_number())};
    if (json.find("end")) return EndLine{};
    return bad();
}

std::string call_line(std::string_view verb, const Json& args, Tell tell) {
    auto call = Json::object({{"verb", verb}, {"args", args}});
    if (tell == Tell::Progress) call.set("progress", true);
    return line(call);
}
std::string progress_line(std::uint64_t done, std::uint64_t all) {
    return line(Json::object({{"progress", Json::object({{"done", done}, {"all", all}})}}));
}
std::string bytes_line(std::uint64_t count) { return line(Json::object({{"bytes", count}})); }
std::string end_line() { return line(Json::object({{"end", true}})); }

std::string answer_line(const Result<Json>& answer) {
    if (answer) return line(Json::object({{"answer", *answer}}));
    auto& error = answer.error();
    // The caller is the administrator: what others only find in the log is said too.
    auto said = error.detail.empty() ? error.said : error.said + " (" + error.detail + ")";
    return line(
        Json::object({{"error", Json::object({{"why", to_string(error.why)}, {"said", said}})}}));
}

std::optional<ProgressLine> read_progress(std::string_view text) {
    auto json = read_json(text);
    if (!json) return {};
    auto* progress = json->find("progress");
    if (!progress) return {};
    auto *done = progress->find("done"), *all = progress->find("all");
    if (!done || !done->as_number() || !all || !all->as_number()) return {};
    return ProgressLine{static_cast<std::uint64_t>(*done->as_number()),
                        static_cast<std::uint64_t>(*all->as_number())};
}

Result<Json> read_answer(std::string_view text) {
    auto json = TRY(read_json(text));
    if (auto* answer = json.find("answer")) return *answer;
    auto* error = json.find("error");
    if (!error) return bad();
    auto *why = error->find("why"), *said = error->find("said");
    if (!why || !why->as_text() || !said || !said->as_text()) return bad();
    return fail(read_why(*why->as_text()), *said->as_text());
}

}  // namespace rook::admin
