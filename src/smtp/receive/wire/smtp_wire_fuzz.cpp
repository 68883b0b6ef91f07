// What a mail server in front, or anybody who found the port, can send: lines, paths, messages.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "smtp/receive/wire/data_reader.h"
#include "smtp/receive/wire/line.h"
#include "smtp/receive/wire/path.h"

using namespace rook::smtp::wire;

namespace {

void must(bool holds) {
    if (!holds) __builtin_trap();
}

DataReader read(std::string_view input, std::size_t piece, std::string& out, std::size_t& at) {
    DataReader reader;
    for (at = 0; at < input.size() && !reader.is_done();) {
        at += reader.read(input.substr(at, piece), out);
    }
    return reader;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);

    const auto line = take_line(input, 8192);
    must(line.taken <= size && line.text.size() <= line.taken);
    if (const auto path = parse_path_args(line.text, "FROM")) {
        must(path->address.find_first_of("\r\n") == std::string_view::npos);
    }

    // The same message, and the same end of it, however the bytes are cut.
    std::string whole, cut;
    std::size_t whole_at = 0, cut_at = 0;
    const auto a = read(input, size + 1, whole, whole_at);
    const auto b = read(input, size > 0 ? 1 + data[0] % 7 : 1, cut, cut_at);
    must(whole_at == cut_at && a.is_done() == b.is_done());
    must(a.has_bare_line_end() == b.has_bare_line_end());
    must(a.has_bare_line_end() || whole == cut);
    if (a.is_done()) must(("\r\n" + std::string(input.substr(0, whole_at))).ends_with("\r\n.\r\n"));
    return 0;
}
