// One linear pass over a message's bytes to its Summary. Tolerant as RFC 7103 advises; never
// recursive; bounded memory whatever the bytes.
#pragma once

#include <memory>
#include <string_view>

#include "message/summary.h"

namespace rook::message {

struct ParserLimits {
    std::size_t parts = 10'000;
    std::size_t depth = 100;
    std::size_t header_bytes =
        256 * 1024;  // of the top header kept in the Summary and read for fields
    std::size_t part_header_bytes = 64 * 1024;  // of one part
    std::size_t structure_bytes =
        2'100'000;  // of what the record says about parts; 10,000 plain ones fit
    std::size_t text_for_preview =
        16 * 1024;  // encoded bytes of the first text part that are kept for the preview
};

// Threads: one at a time. Use: feed the bytes in order, in pieces of any size, then finish once.
class Parser {
public:
    explicit Parser(ParserLimits limits = {});
    ~Parser();
    void feed(std::string_view bytes);
    Summary finish();

private:
    struct State;
    std::unique_ptr<State> state_;
};

inline Summary parse(std::string_view message, ParserLimits limits = {}) {
    Parser parser(limits);
    parser.feed(message);
    return parser.finish();
}

}  // namespace rook::message
