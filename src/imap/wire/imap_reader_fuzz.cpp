// Fuzzes the reader and the argument parsers: the same bytes whole and in pieces must give the same
// commands, and memory stays within the limits.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "imap/command_list.h"
#include "imap/wire/reader.h"

namespace {

using rook::imap::wire::Args;
using rook::imap::wire::Reader;

constexpr Reader::Limits kLimits{.line = 4096, .command = 16 * 1024};

void parse(std::string_view text) {
    for (const bool utf8 : {false, true}) {
        Args args(text, {.utf8 = utf8});
        if (!args.atom() || !args.space()) return;
        auto name = args.atom();
        if (!name) return;
        std::string verb(*name);
        if (rook::iequals(verb, "UID")) {
            if (!args.space()) return;
            auto second = args.atom();
            if (!second) return;
            verb.append(" ").append(*second);
        }
        const auto* spec = rook::imap::find_command(verb);
        if (!spec) return;
        if (!args.at_end() && !args.space()) return;
        if (spec->begin_stream) {
            auto stream_args = args;
            (void)spec->begin_stream(stream_args);
        }
        (void)spec->parse(args);
    }
}

std::string run(std::string_view input, std::size_t step) {
    Reader reader(kLimits);
    std::string out;
    while (!input.empty()) {
        auto piece = input.substr(0, step);
        input.remove_prefix(piece.size());
        while (!piece.empty()) {
            const auto event = reader.feed(piece);
            if (event.taken == 0 || event.taken > piece.size()) std::abort();
            if (reader.memory() > 4 * kLimits.command) std::abort();
            switch (event.what) {
                case Reader::What::Line:
                    out.append("L").append(event.text).append("\n");
                    parse(event.text);
                    break;
                case Reader::What::Chunk:
                    out += event.text;
                    break;
                case Reader::What::Skipped:
                    out += "S\n";
                    break;
                case Reader::What::TooLong:
                    return out + "T";
                case Reader::What::NeedMore:
                    break;
                case Reader::What::NeedLiteral:
                    parse(event.text);
                    if (event.literal.size % 7 == 3) {
                        reader.stream_literal();
                    } else if (!reader.accept_literal()) {
                        event.literal.synchronizing ? reader.forget() : reader.skip();
                    }
                    break;
            }
            piece.remove_prefix(event.taken);
        }
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 1) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (run(input, input.size() + 1) != run(input, data[0] % 17 + 1u)) std::abort();
    return 0;
}
