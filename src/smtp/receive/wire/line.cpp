#include "smtp/receive/wire/line.h"

namespace rook::smtp::wire {

Line take_line(std::string_view input, std::size_t limit) {
    const auto end = input.substr(0, limit).find('\n');
    if (end == std::string_view::npos) {
        return {.status = input.size() < limit ? LineStatus::NeedMore : LineStatus::TooLong};
    }
    auto text = input.substr(0, end);
    bool bad = !text.ends_with('\r');
    if (!bad) text.remove_suffix(1);
    bad = bad || text.find_first_of(std::string_view("\0\r", 2)) != std::string_view::npos;
    return {.status = bad ? LineStatus::Bad : LineStatus::Complete, .text = text, .taken = end + 1};
}

}  // namespace rook::smtp::wire
