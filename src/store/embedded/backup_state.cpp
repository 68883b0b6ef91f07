#include "store/embedded/backup_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/codec.h"

namespace rook::store {
namespace {

constexpr std::string_view kStateFormat = "rookery-state 1\n";
constexpr std::size_t kMostNameBytes = 100;

std::optional<std::uint32_t> read_sum(std::string_view text) {
    std::uint32_t sum = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sum, 16);
    if (text.size() != 8 || error != std::errc{} || end != text.data() + text.size()) return {};
    return sum;
}

std::optional<BackupFile> read_file_line(std::string_view line) {
    auto words = split(line, ' ');
    if (words.size() != 4) return {};
    auto size = parse_number<std::uint64_t>(words[2]);
    auto sum = read_sum(words[3]);
    if (!is_good_backup_name(words[1]) || !size || !sum) return {};
    return BackupFile{std::string(words[1]), *size, *sum};
}

}  // namespace

std::string BackupFile::copy() const { return fmt::format("{}-{}-{:08x}", name, size, sum); }

std::uint64_t BackupState::bytes() const {
    std::uint64_t sum = 0;
    for (const auto& file : files) sum += file.size;
    return sum;
}

bool is_good_backup_name(std::string_view name) {
    return !name.empty() && name.size() <= kMostNameBytes && name[0] != '.' &&
           std::ranges::all_of(
               name, [](char c) { return is_alnum(c) || c == '-' || c == '_' || c == '.'; });
}

std::string write_state(const BackupState& state) {
    auto text = fmt::format("{}made {}\nstore {}\nrestores {}\n", kStateFormat, state.made,
                            state.store, state.restores);
    for (const auto& file : state.files)
        text += fmt::format("file {} {} {:08x}\n", file.name, file.size, file.sum);
    return text + fmt::format("sum {:08x}\n", crc32c(text));
}

std::optional<BackupState> read_state(std::string name, std::string_view text) {
    auto last = text.rfind("sum ");
    if (!text.starts_with(kStateFormat) || last == text.npos || !text.ends_with('\n')) return {};
    auto sum = read_sum(text.substr(last + 4, text.size() - last - 5));
    text = text.substr(0, last);
    if (!sum || *sum != crc32c(text)) return {};
    BackupState state;
    state.name = std::move(name);
    for (auto line : split(text.substr(kStateFormat.size()), '\n')) {
        if (line.starts_with("made ")) {
            auto made = parse_number<std::int64_t>(line.substr(5));
            if (!made || *made < 0) return {};
            state.made = *made;
        } else if (line.starts_with("store ")) {
            state.store = line.substr(6);
        } else if (line.starts_with("restores ")) {
            auto restores = parse_number<std::uint32_t>(line.substr(9));
            if (!restores) return {};
            state.restores = *restores;
        } else if (line.starts_with("file ")) {
            auto file = read_file_line(line);
            if (!file) return {};
            state.files.push_back(std::move(*file));
        } else if (!line.empty()) {
            return {};
        }
    }
    return state;
}

}  // namespace rook::store
