#include "message/parser.h"

#include <cstring>

#include "base/ascii.h"
#include "base/check.h"
#include "base/date.h"
#include "message/encoded_word.h"
#include "message/header.h"
#include "message/structure.h"
#include "message/threads.h"

namespace rook::message {
namespace {

// How much of a line is looked at to tell what it is. Longer than any delimiter.
constexpr std::size_t kLineKept = 4096;
// Of a subject that are decoded. ENVELOPE has all of it.
constexpr std::size_t kSubjectBytes = 16 * 1024;

std::string_view without_line_end(std::string_view line) {
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

// Bytes come in pieces; a line that is needed whole and began in an earlier piece is put together
// in line_ (its first kLineKept bytes). Of a body only lines that begin with "--" are needed.
struct Parser::State {
    explicit State(ParserLimits limits) : structure(limits) { structure.begin_root(); }

    void feed(std::string_view bytes);
    void finish(Summary& out);

private:
    enum class Mode : std::uint8_t { Header, Body };
    using Next = Structure::Next;

    void find_line_ends(std::string_view bytes);
    void feed_cr_too(std::string_view bytes);
    void consume(std::string_view piece);
    std::size_t line_size(std::string_view bytes) const;
    std::string_view take(std::size_t size);
    bool take_line(std::string_view& line);
    void header_bytes();
    void header_line(std::string_view line);
    void end_header(std::uint64_t header_end, Place body);
    void body_bytes();
    void scan_body();
    void begin_delimiter();
    void body_line(std::string_view line, std::uint64_t size);
    void go(Next next);
    void add_root_texts(Summary& out);

    Structure structure;
    std::optional<LineEnds> ends;  // not known before the first line ended
    std::size_t held_crs = 0;      // CRs whose next byte has not come

    Mode mode = Mode::Header;
    Place at;                      // what was consumed
    std::string_view piece, rest;  // the piece being consumed and what is left of it
    char before[2] = {0, 0};       // the last bytes before the piece

    std::string line_;              // the start of a line begun in an earlier piece
    std::uint64_t line_length = 0;  // of that line until now
    Place line_begin;
    std::uint64_t end_length = 0;  // of the line end before a line that may be a delimiter
    bool at_line_start = true;     // in a body
    bool in_line = false;          // a line is being put together

    std::string header;  // of the part whose header is read
    std::string root_header;
    std::uint64_t root_header_size = 0;
    bool in_root_header = true, header_has_field = false, header_has_line = false;
    bool header_goes_on = false;  // its last line asks for another
};

void Parser::State::feed(std::string_view bytes) {
    if (bytes.empty()) return;
    if (!ends) return find_line_ends(bytes);
    if (*ends == LineEnds::Lf) return consume(bytes);
    feed_cr_too(bytes);
}

// As line_ends_of() does for text that is all there.
void Parser::State::find_line_ends(std::string_view bytes) {
    auto plain = held_crs ? 0 : std::min(bytes.find_first_of("\r\n"), bytes.size());
    auto after = bytes.find_first_not_of('\r', plain);
    consume(bytes.substr(0, plain));
    held_crs += std::min(after, bytes.size()) - plain;
    if (after == bytes.npos && held_crs < kMostCrs) return;
    bool has_lf = after != bytes.npos && bytes[after] == '\n' && held_crs < kMostCrs;
    ends = has_lf ? LineEnds::Lf : LineEnds::CrToo;
    std::string crs(std::exchange(held_crs, 0), '\r');
    if (*ends == LineEnds::Lf) {
        consume(crs);
        consume(bytes.substr(after));
    } else {
        feed_cr_too(crs);
        if (after != bytes.npos) feed_cr_too(bytes.substr(after));
    }
}

// consume() must see a CR and the LF behind it together.
void Parser::State::feed_cr_too(std::string_view bytes) {
    if (bytes.empty()) return;
    if (std::exchange(held_crs, 0)) {
        bool has_lf = bytes[0] == '\n';
        consume(has_lf ? "\r\n" : "\r");
        if (has_lf) bytes.remove_prefix(1);
    }
    if (bytes.ends_with('\r')) {
        held_crs = 1;
        bytes.remove_suffix(1);
    }
    consume(bytes);
}

void Parser::State::consume(std::string_view bytes) {
    if (bytes.empty()) return;
    piece = rest = bytes;
    while (!rest.empty()) mode == Mode::Header ? header_bytes() : body_bytes();
    before[0] = bytes.size() > 1 ? bytes[bytes.size() - 2] : before[1];
    before[1] = bytes.back();
}

// With its end; npos when the end is not there.
std::size_t Parser::State::line_size(std::string_view bytes) const {
    if (ends.value_or(LineEnds::Lf) == LineEnds::Lf) {
        auto* lf = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
        return lf ? static_cast<std::size_t>(lf - bytes.data()) + 1 : bytes.npos;
    }
    auto end = bytes.find_first_of("\r\n");
    if (end == bytes.npos) return end;
    return bytes.substr(end).starts_with("\r\n") ? end + 2 : end + 1;
}

std::string_view Parser::State::take(std::size_t size) {
    auto bytes = rest.substr(0, size);
    rest.remove_prefix(bytes.size());
    at.offset += bytes.size();
    return bytes;
}

// Takes bytes of a line until it ends. True when it did: then `line` is its start, at most
// kLineKept bytes, and line_length its length.
bool Parser::State::take_line(std::string_view& line) {
    if (!in_line) {
        line_begin = at;
        line_length = 0;
        line_.clear();
        in_line = true;
    }
    auto size = line_size(rest);
    bool ended = size != rest.npos;
    auto bytes = take(size);
    if (mode == Mode::Header && header.size() < structure.header_limit()) {
        header += bytes.substr(0, structure.header_limit() - header.size());
    }
    if (structure.wants_text() && mode == Mode::Body) structure.text(bytes);
    bool whole = line_length == 0 && ended;
    line_length += bytes.size();
    if (!whole && line_.size() < kLineKept) line_ += bytes.substr(0, kLineKept - line_.size());
    if (!ended) return false;
    ++at.lines;
    in_line = false;
    line = whole ? bytes.substr(0, kLineKept) : std::string_view(line_);
    return true;
}

void Parser::State::header_bytes() {
    std::string_view line;
    if (take_line(line)) header_line(line);
}

void Parser::State::header_line(std::string_view line) {
    auto text = without_line_end(line);
    bool is_first = !std::exchange(header_has_line, true);
    if (text.empty()) return end_header(at.offset, at);
    if (structure.has_boundaries() && line_length <= kLineKept) {
        if (auto delimiter = structure.match(text)) {
            // The line belongs to no header.
            header.resize(
                std::min<std::size_t>(header.size(), line_begin.offset - structure.header_begin()));
            Place begin = line_begin, after = at;
            end_header(begin.offset, begin);
            while (mode == Mode::Header) end_header(begin.offset, begin);
            return go(structure.take(*delimiter, begin, after));
        }
    }
    if (is_blank(text[0])) {
        header_goes_on = wants_continuation(text);
        return;
    }
    if (is_first && is_mbox_line(text)) return;
    if (is_field_line(text)) {
        header_has_field = true;
        header_goes_on = wants_continuation(text);
        return;
    }
    // RFC 7103 7.2: a line that is no field is passed over in the header of a message, where
    // nothing that a filter looks for may hide. It is the body's first line where no field came at
    // all, and in the header of a part, or at a delimiter, where the empty line was forgotten.
    bool may_start_body = structure.is_in_multipart() || text.starts_with("--");
    if (header_has_field && (header_goes_on || !may_start_body)) {
        header_goes_on = header_goes_on && wants_continuation(text);
        return;
    }
    std::string kept = header.substr(
        std::min<std::size_t>(header.size(), line_begin.offset - structure.header_begin()));
    header.resize(header.size() - kept.size());
    Place begin = line_begin;
    auto length = line_length;
    std::string start(line);
    end_header(begin.offset, begin);
    // The forgotten line may begin a message inside a message part: then it is no field there
    // either.
    while (mode == Mode::Header) end_header(begin.offset, begin);
    if (structure.wants_text()) structure.text(kept);
    line_begin = begin;
    end_length = 0;
    body_line(start, length);
}

void Parser::State::end_header(std::uint64_t header_end, Place body) {
    if (std::exchange(in_root_header, false)) {
        root_header_size = header_end;
        root_header = header;
    }
    go(structure.end_header(header, header_end, body));
}

void Parser::State::go(Next next) {
    mode = next == Next::Header ? Mode::Header : Mode::Body;
    header.clear();
    header_has_field = header_has_line = header_goes_on = false;
    at_line_start = true;
    in_line = false;
}

void Parser::State::body_bytes() {
    bool collecting = in_line || (at_line_start && rest[0] == '-' && structure.has_boundaries());
    if (!collecting) return scan_body();
    if (!in_line) begin_delimiter();
    std::string_view line;
    if (take_line(line)) return body_line(line, line_length);
    bool hopeless = line_.size() >= kLineKept || (line_.size() > 1 && line_[1] != '-');
    if (hopeless) {
        in_line = false;
        at_line_start = false;
    }
}

// The line end before a delimiter belongs to it (RFC 2046 5.1.1).
void Parser::State::begin_delimiter() {
    auto i = static_cast<std::size_t>(rest.data() - piece.data());
    char last = i >= 1 ? piece[i - 1] : before[1];
    char second = i >= 2 ? piece[i - 2] : i == 1 ? before[1] : before[0];
    end_length = last == '\n' ? (second == '\r' ? 2 : 1) : last == '\r' ? 1 : 0;
}

void Parser::State::body_line(std::string_view line, std::uint64_t size) {
    at_line_start = true;
    auto delimiter = size <= kLineKept ? structure.match(without_line_end(line)) : std::nullopt;
    if (!delimiter) return;
    Place end = line_begin;
    end.offset -= end_length;
    if (end_length) --end.lines;
    go(structure.take(*delimiter, end, at));
}

// Passes over lines of a body up to one that begins with "-". This is where the time of a large
// message goes.
void Parser::State::scan_body() {
    bool looks = structure.has_boundaries();
    std::size_t done = 0;
    std::uint64_t lines = 0;
    while (done < rest.size()) {
        auto size = line_size(rest.substr(done));
        if (size == rest.npos) {
            done = rest.size();
            at_line_start = false;
            break;
        }
        done += size;
        ++lines;
        at_line_start = true;
        if (looks && done < rest.size() && rest[done] == '-') break;
    }
    at.lines += lines;
    auto bytes = take(done);
    if (structure.wants_text()) structure.text(bytes);
}

void Parser::State::finish(Summary& out) {
    if (held_crs) {
        std::string crs(std::exchange(held_crs, 0), '\r');
        if (!ends) ends = LineEnds::Lf;
        consume(crs);
    }
    if (in_line) {
        in_line = false;
        mode == Mode::Header ? header_line(line_) : body_line(line_, line_length);
    }
    while (mode == Mode::Header) end_header(at.offset, at);
    structure.finish(at, out);
    out.size = at.offset;
    out.header_size = root_header_size;
    out.header = std::move(root_header);
    add_root_texts(out);
}

void Parser::State::add_root_texts(Summary& out) {
    auto& fields = structure.root_fields();
    if (auto date = parse_mail_date(fields.date.value_or(""))) {
        out.sent = date->seconds;
        out.sent_zone = date->zone;
    }
    out.subject = decode_encoded_words(
        std::string_view(fields.subject.value_or("")).substr(0, kSubjectBytes));
    out.base_subject = base_subject(out.subject);
    out.from = decode_addresses(fields.from);
    out.sender = decode_addresses(fields.sender);
    out.reply_to = decode_addresses(fields.reply_to);
    out.to = decode_addresses(fields.to);
    out.cc = decode_addresses(fields.cc);
    out.bcc = decode_addresses(fields.bcc);
    out.message_id = first_message_id(fields.message_id.value_or(""));
    out.references =
        thread_references(fields.references.value_or(""), fields.in_reply_to.value_or(""));
    out.imap_envelope = imap_envelope(fields);
}

Parser::Parser(ParserLimits limits) : state_(std::make_unique<State>(limits)) {}
Parser::~Parser() = default;

void Parser::feed(std::string_view bytes) {
    CHECK(state_);
    state_->feed(bytes);
}

Summary Parser::finish() {
    Summary out;
    CHECK(state_);
    state_->finish(out);
    state_.reset();
    return out;
}

}  // namespace rook::message
