// What became of a message: the log's lines that name it.
#include <algorithm>
#include <fstream>

#include "admin/verb.h"
#include "admin/verbs/common.h"
#include "base/ascii.h"
#include "base/log.h"

namespace rook::admin {
namespace {

constexpr Argument kMessageId[] = {{"message-id", "as in its header, with or without <>"}};
constexpr std::size_t kMaxLines = 10'000;

// The id as the log writes it inside quotes: escaped the same way.
std::string as_logged(std::string_view id, LogFormat format) {
    auto line = format_log_line(format, {}, LogLevel::Info, "x", {{"id", std::string(id) + " "}});
    auto begin = line.find(format == LogFormat::Json ? "\"id\":\"" : "id=\"");
    if (begin == std::string::npos) return std::string(id);
    begin = line.find('"', line.find_first_of(":=", begin)) + 1;
    auto end = line.rfind(" \"");
    return end == std::string::npos || end < begin ? std::string(id)
                                                   : line.substr(begin, end - begin);
}

// True when the id stands in the line as a whole: "a@b" is not in "aa@b" or "a@bc".
bool names(std::string_view line, std::string_view id) {
    auto is_part = [](char c) {
        return is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '@';
    };
    for (auto at = line.find(id); at != std::string_view::npos; at = line.find(id, at + 1)) {
        auto end = at + id.size();
        if ((at == 0 || !is_part(line[at - 1])) && (end == line.size() || !is_part(line[end])))
            return true;
    }
    return false;
}

Result<> read_file(const std::string& file, const std::vector<std::string>& ids, Json& out) {
    std::ifstream in(file, std::ios::binary);
    if (!in) return fail(Why::NotFound, "The log file cannot be read", file);
    std::string line;
    while (std::getline(in, line) && out.as_array()->size() < kMaxLines) {
        if (std::any_of(ids.begin(), ids.end(), [&](auto& id) { return names(line, id); }))
            out.push(line);
    }
    return {};
}

Result<Json> trace(Call& call) {
    auto given = call.args.text("message-id");
    auto id = trim(given);
    if (id.starts_with('<')) id.remove_prefix(1);
    if (id.ends_with('>')) id.remove_suffix(1);
    if (id.empty()) return fail(Why::BadSyntax, "The Message-ID is empty");
    auto& file = call.services.log_file;
    if (file.empty())
        return fail(Why::Unsupported,
                    "The log is not kept in a file; look where standard error goes, such as "
                    "journalctl -u rookery");
    std::vector<std::string> ids{as_logged(id, LogFormat::Logfmt), as_logged(id, LogFormat::Json)};
    auto out = Json::array();
    // What was rotated away last comes first; it need not be there.
    (void)read_file(file + ".1", ids, out);
    TRY(read_file(file, ids, out));
    if (out.as_array()->empty()) return fail(Why::NotFound, "The log does not name this message");
    return out;
}

}  // namespace

extern const Verb trace_verb{.name = "trace",
                             .help = "Show what the log says of a message",
                             .arguments = kMessageId,
                             .run = trace};

}  // namespace rook::admin
