#include "admin/import/maildir.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "admin/crlf.h"
#include "base/ascii.h"
#include "base/mutf7.h"
#include "base/utf8.h"

namespace rook::admin {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxDepth = 32;

bool is_maildir(const fs::path& path) {
    std::error_code error;
    return fs::is_directory(path / "cur", error) || fs::is_directory(path / "new", error);
}

std::string readable(std::string_view name) {
    auto decoded = mutf7_decode(name);
    return decoded ? *decoded : to_valid_utf8(name);
}

// "0 $Label1" a line: the letter a is number 0.
std::vector<std::string> read_keywords(const fs::path& folder) {
    std::vector<std::string> out;
    std::ifstream in(folder / "dovecot-keywords");
    for (std::string line; out.size() < 26 && std::getline(in, line);) {
        auto blank = line.find(' ');
        auto number = parse_number<unsigned>(std::string_view(line).substr(0, blank));
        if (blank == std::string::npos || !number || *number >= 26) continue;
        out.resize(std::max<std::size_t>(out.size(), *number + 1));
        out[*number] = line.substr(blank + 1);
    }
    return out;
}

void list_files(const fs::path& folder, const std::vector<std::string>& keywords,
                std::vector<MaildirFile>& out) {
    std::error_code error;
    for (auto& entry : fs::directory_iterator(folder, error)) {
        struct stat about{};
        auto name = entry.path().filename().string();
        // No links: an import reads what is in the Maildir.
        if (name.starts_with('.') || lstat(entry.path().c_str(), &about) != 0 ||
            !S_ISREG(about.st_mode))
            continue;
        out.push_back({entry.path().string(), static_cast<std::uint64_t>(about.st_size),
                       about.st_mtime, maildir_flags(name, keywords)});
    }
}

void list_folder(const fs::path& path, const std::string& name, int depth,
                 std::vector<MaildirFolder>& out) {
    if (is_maildir(path)) {
        MaildirFolder folder{name, {}};
        auto keywords = read_keywords(path);
        list_files(path / "cur", keywords, folder.files);
        list_files(path / "new", {}, folder.files);
        std::sort(folder.files.begin(), folder.files.end(), [](auto& a, auto& b) {
            return std::pair(a.received, a.path) < std::pair(b.received, b.path);
        });
        out.push_back(std::move(folder));
    }
    if (depth == kMaxDepth) return;
    std::error_code error;
    for (auto& entry : fs::directory_iterator(path, error)) {
        if (!entry.is_directory(error) || entry.is_symlink(error)) continue;
        auto own = entry.path().filename().string();
        if (own == "cur" || own == "new" || own == "tmp") continue;
        std::string below;
        if (own.starts_with('.')) {
            if (depth > 0 || !is_maildir(entry.path())) continue;
            below = readable(own.substr(1));
            std::replace(below.begin(), below.end(), '.', '/');
        } else {
            below = readable(own);
        }
        list_folder(entry.path(), name.empty() ? below : name + "/" + below, depth + 1, out);
    }
}

}  // namespace

std::vector<std::string> maildir_flags(std::string_view file_name,
                                       const std::vector<std::string>& keywords) {
    std::vector<std::string> out;
    auto at = file_name.rfind(":2,");
    if (at == std::string_view::npos) return out;
    for (char c : file_name.substr(at + 3)) {
        if (c == ',') break;  // what others append
        if (c == 'S') out.emplace_back("\\Seen");
        if (c == 'R') out.emplace_back("\\Answered");
        if (c == 'F') out.emplace_back("\\Flagged");
        if (c == 'D') out.emplace_back("\\Draft");
        if (c == 'T') out.emplace_back("\\Deleted");
        auto number = static_cast<std::size_t>(c - 'a');
        if (is_lower(c) && number < keywords.size() && !keywords[number].empty())
            out.push_back(keywords[number]);
    }
    return out;
}

Result<std::vector<MaildirFolder>> list_maildir(const std::string& path) {
    if (!is_maildir(path))
        return fail(Why::BadSyntax, fmt::format("{} is no Maildir: it has no cur and new", path));
    std::vector<MaildirFolder> out;
    list_folder(path, "", 0, out);
    std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.name < b.name; });
    return out;
}

Result<FileMessage> read_maildir_file(const MaildirFile& file, std::size_t most_bytes) {
    FileMessage message;
    message.received = file.received;
    message.flags = file.flags;
    message.is_too_big = file.bytes > most_bytes;
    if (message.is_too_big) return message;
    std::ifstream in(file.path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    if (!in) return fail(Why::Io, fmt::format("{} cannot be read", file.path));
    message.bytes = to_crlf(bytes);
    return message;
}

}  // namespace rook::admin
