#include "admin/import/mbox.h"

#include <algorithm>

#include "admin/crlf.h"
#include "base/ascii.h"
#include "base/date.h"

namespace rook::admin {
namespace {

constexpr std::size_t kPiece = 64 * 1024;  // of a line
constexpr int kMostBlankLines = 100;       // in front of a separator that a length leads to

// "From bob@example.org Thu Jan  1 00:00:00 1970": the date is what follows the sender.
std::optional<std::int64_t> date_of(std::string_view separator) {
    auto text = trim(separator.substr(5));
    auto blank = text.find(' ');
    if (blank == std::string_view::npos) return {};
    auto date = parse_mail_date(trim(text.substr(blank)));
    return date ? std::optional(date->seconds) : std::nullopt;
}

// "RO" of Status, "AFTD" of X-Status.
void add_status(FileMessage& message, std::string_view letters) {
    constexpr std::pair<char, std::string_view> kFlags[] = {
        {'R', "\\Seen"},  {'A', "\\Answered"}, {'F', "\\Flagged"},
        {'T', "\\Draft"}, {'D', "\\Deleted"},
    };
    for (auto& [letter, flag] : kFlags) {
        if (letters.find(letter) == std::string_view::npos) continue;
        if (std::find(message.flags.begin(), message.flags.end(), flag) == message.flags.end())
            message.flags.emplace_back(flag);
    }
}

bool is_separator(std::string_view line) { return line.starts_with("From "); }

}  // namespace

std::optional<MboxKind> read_mbox_kind(std::string_view word) {
    if (word == "mboxrd") return MboxKind::Rd;
    if (word == "mboxo") return MboxKind::O;
    if (word == "mboxcl") return MboxKind::Cl;
    if (word == "mboxcl2") return MboxKind::Cl2;
    return {};
}

MboxReader::MboxReader(std::istream& in, MboxKind kind, std::size_t most_bytes)
    : in_(in), kind_(kind), most_bytes_(most_bytes) {}

bool MboxReader::read_line(Line& line) {
    line.begins = at_line_start_;
    line.text.clear();
    auto* buffer = in_.rdbuf();
    constexpr auto kEnd = std::istream::traits_type::eof();
    for (;;) {
        auto c = buffer->sbumpc();
        if (c == kEnd) {
            line.ends = true;
            at_line_start_ = true;
            // A CR in front of the end of the file is a line's.
            if (line.text.ends_with('\r')) line.text.pop_back();
            return !line.text.empty() || !line.begins;
        }
        ++position_;
        if (c == '\n') break;
        line.text += static_cast<char>(c);
        // Not between a CR and its LF.
        if (line.text.size() >= kPiece && c != '\r') {
            line.ends = at_line_start_ = false;
            return true;
        }
    }
    line.ends = at_line_start_ = true;
    if (line.text.ends_with('\r')) line.text.pop_back();
    return true;
}

void MboxReader::seek(std::uint64_t to) {
    in_.clear();
    in_.seekg(static_cast<std::streamoff>(to));
    position_ = to;
    at_line_start_ = true;
}

std::string_view MboxReader::unquoted(std::string_view line) const {
    auto behind = line.find_first_not_of('>');
    if (kind_ == MboxKind::Cl2 || behind == 0 || behind == std::string_view::npos) return line;
    if (!is_separator(line.substr(behind))) return line;
    if (kind_ == MboxKind::O && behind != 1) return line;
    return line.substr(1);
}

void MboxReader::add_line(FileMessage& message, const Line& line) {
    auto text = line.begins ? unquoted(line.text) : std::string_view(line.text);
    if (message.bytes.size() + text.size() + 2 > most_bytes_) {
        message.is_too_big = true;
        return;
    }
    message.bytes += text;
    if (line.ends) message.bytes += "\r\n";
}

void MboxReader::read_header_line(FileMessage& message, const Line& line) {
    std::string_view text = line.text;
    auto value_of = [&](std::string_view name) -> std::optional<std::string_view> {
        if (!line.begins || !istarts_with(text, name)) return {};
        return trim(text.substr(name.size()));
    };
    if (auto length = value_of("Content-Length:")) {
        content_length_ = parse_number<std::uint64_t>(*length);
    } else if (auto status = value_of("Status:")) {
        add_status(message, status->find('R') == std::string_view::npos ? "" : "R");
    } else if (auto more = value_of("X-Status:")) {
        add_status(message, *more);
    }
    add_line(message, line);
}

// Whether a body of that length is followed by the end of the file or by a separator, which is then
// behind us. Reads no body: many lengths that lead nowhere must not read the file many times.
bool MboxReader::is_followed(std::uint64_t length) {
    bool ends_line = length == 0;
    if (length > 0) {
        const auto begin = position_;
        seek(begin + length - 1);
        const int last = in_.get();
        if (last == std::istream::traits_type::eof()) return false;
        ends_line = last == '\n';
        seek(begin + length);
    }
    // A length may or may not count the blank line in front of the separator.
    Line line;
    if (!ends_line && (!read_line(line) || !line.text.empty())) return false;
    for (int blank = 0; read_line(line); ++blank) {
        if (line.text.empty() && blank < kMostBlankLines) continue;
        if (!line.begins || !is_separator(line.text)) return false;
        separator_ = line.text;
        break;
    }
    return true;
}

// False, with nothing read, when the length leads nowhere.
bool MboxReader::read_counted_body(FileMessage& message, std::uint64_t length) {
    const auto begin = position_;
    if (length > most_bytes_ || !is_followed(length)) {
        separator_.reset();
        seek(begin);
        return false;
    }
    const auto after = position_;
    const bool after_line_start = at_line_start_;
    seek(begin);
    std::string body(length, '\0');
    in_.read(body.data(), static_cast<std::streamsize>(length));
    seek(after);
    at_line_start_ = after_line_start;
    for (std::size_t at = 0; at < body.size();) {
        auto end = std::min(body.find('\n', at), body.size());
        Line one{body.substr(at, end - at), true, end < body.size()};
        if (one.text.ends_with('\r') && one.ends) one.text.pop_back();
        add_line(message, one);
        at = end + 1;
    }
    if (!message.is_too_big && !message.bytes.ends_with("\r\n")) message.bytes += "\r\n";
    return true;
}

void MboxReader::read_body(FileMessage& message, bool is_after_blank) {
    // The last blank line before a separator is the file's, not the message's.
    bool holds_blank = false;
    const Line blank;
    Line line;
    while (read_line(line)) {
        if (line.begins && (is_after_blank || holds_blank) && is_separator(line.text)) {
            separator_ = line.text;
            return;
        }
        if (std::exchange(holds_blank, false)) add_line(message, blank);
        is_after_blank = false;
        if (line.begins && line.ends && line.text.empty())
            holds_blank = true;
        else
            add_line(message, line);
    }
}

bool MboxReader::find_separator() {
    Line line;
    while (read_line(line)) {
        if (!line.begins || !line.ends || !line.text.empty()) {
            if (line.begins && is_separator(line.text)) separator_ = line.text;
            return true;
        }
    }
    return false;
}

Result<bool> MboxReader::next(FileMessage& message) {
    message = {};
    if (position_ == 0) {
        if (!find_separator()) return false;
        if (!separator_)
            return fail(Why::BadSyntax, "This is no mbox: it does not begin with a From line");
    }
    if (!separator_) return false;
    message.received = date_of(*separator_);
    separator_.reset();
    content_length_.reset();
    Line line;
    bool has_blank = false;
    while (!has_blank && read_line(line)) {
        has_blank = line.begins && line.ends && line.text.empty();
        if (has_blank)
            add_line(message, line);
        else
            read_header_line(message, line);
    }
    const bool counts = kind_ == MboxKind::Cl || kind_ == MboxKind::Cl2;
    if (!counts || !content_length_ || !read_counted_body(message, *content_length_))
        read_body(message, has_blank);
    if (in_.bad()) return fail(Why::Io, "The file cannot be read");
    return true;
}

}  // namespace rook::admin
