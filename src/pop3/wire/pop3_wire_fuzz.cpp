// POP3's command lines, and any message as the body of an answer: unstuffed, it is what it was.
#include "base/check.h"
#include "base/fuzzing.h"
#include "pop3/wire/body_writer.h"
#include "pop3/wire/line.h"
#include "pop3/wire/top_cutter.h"

using namespace rook;
using namespace rook::pop3::wire;

namespace {

// What a client makes of it whose lines end at LF.
std::string read_body(std::string_view sent) {
    std::string out;
    while (!sent.empty()) {
        const auto line = sent.substr(0, sent.find('\n') + 1);
        CHECK(!line.empty());
        sent.remove_prefix(line.size());
        if (line == ".\r\n") {
            CHECK(sent.empty());
            return out;
        }
        out += line.starts_with('.') ? line.substr(1) : line;
    }
    CHECK(!"the end is missing");
    return out;
}

}  // namespace

FUZZ(text) {
    fuzz::Input in(text);
    const std::size_t step = in.byte() % 17 + 1u;
    const auto lines = in.byte();
    const auto line = take_line(in.rest(), 1024);
    CHECK(line.taken <= in.rest().size() && line.text.size() <= line.taken);
    if (line.status == LineStatus::Complete)
        CHECK(line.text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);

    TopCutter whole_cutter(lines), cutter(lines);
    const auto top = in.rest().substr(0, whole_cutter.take(in.rest()));
    std::size_t taken = 0;
    BodyWriter writer;
    std::string sent;
    fuzz::in_pieces(in.rest(), step, [&](std::string_view piece) {
        if (cutter.is_done()) return;
        const auto wanted = piece.substr(0, cutter.take(piece));
        taken += wanted.size();
        sent += writer.write(std::string(wanted));
    });
    CHECK(taken == top.size());
    sent += writer.end();
    const auto read = read_body(sent);
    CHECK(read == top || read == std::string(top) + "\r\n");
}
