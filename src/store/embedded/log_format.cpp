#include "store/embedded/log_format.h"

#include <algorithm>
#include <functional>

#include "base/codec.h"

namespace rook::store::log_format {

std::uint64_t little_endian(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
        value = value << 8 | static_cast<std::uint8_t>(bytes[i - 1]);
    }
    return value;
}

void append_little_endian(std::string& out, std::uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> 8 * i));
}

std::uint32_t mask(std::uint32_t crc) { return (crc >> 15 | crc << 17) + 0xA282EAD8u; }

std::optional<Fragment> read_fragment(std::string_view in) {
    if (in.size() < kHeader) return {};
    auto length = little_endian(in.substr(4, 2));
    auto type = static_cast<std::uint8_t>(in[6]);
    if (type < kFull || type > kLast || length > in.size() - kHeader) return {};
    if (little_endian(in.substr(0, 4)) != mask(crc32c(in.substr(6, 1 + length)))) return {};
    return Fragment{Type(type), in.substr(kHeader, length)};
}

namespace {

// Stops before the first damaged record; gives the size of those before it.
std::size_t each_record(std::string_view file, const std::function<void(std::string)>& each) {
    std::size_t whole = 0;
    std::optional<std::string> open;
    for (std::size_t at = 0; at < file.size(); at += kBlock) {
        auto block = file.substr(at, kBlock);
        const auto end = at + block.size();
        while (block.size() >= kHeader) {
            auto fragment = read_fragment(block);
            if (!fragment) return whole;
            bool begins = fragment->type == kFull || fragment->type == kFirst;
            if (begins == open.has_value()) return whole;
            if (begins) open.emplace();
            open->append(fragment->payload);
            block.remove_prefix(kHeader + fragment->payload.size());
            if (fragment->type == kFull || fragment->type == kLast) {
                each(*std::move(open));
                open.reset();
                whole = end - block.size();
            }
        }
    }
    return whole;
}

}  // namespace

std::vector<std::string> read_records(std::string_view file) {
    std::vector<std::string> records;
    each_record(file, [&](std::string record) { records.push_back(std::move(record)); });
    return records;
}

std::optional<std::size_t> torn_end(std::string_view file) {
    const auto whole = each_record(file, [](const std::string&) {});
    if (whole == 0 || file.find_first_not_of('\0', whole) == file.npos) return {};
    return whole;
}

void append_record(std::string& file, std::string_view record) {
    bool is_first = true;
    do {
        auto left = kBlock - file.size() % kBlock;
        if (left < kHeader) {
            file.append(left, '\0');
            left = kBlock;
        }
        auto piece = record.substr(0, left - kHeader);
        record.remove_prefix(piece.size());
        auto type =
            is_first ? (record.empty() ? kFull : kFirst) : (record.empty() ? kLast : kMiddle);
        std::string summed(1, static_cast<char>(type));
        summed += piece;
        append_little_endian(file, mask(crc32c(summed)), 4);
        append_little_endian(file, piece.size(), 2);
        file += summed;
        is_first = false;
    } while (!record.empty());
}

}  // namespace rook::store::log_format
