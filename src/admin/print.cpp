#include "admin/print.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/ascii.h"
#include "base/utf8.h"

namespace rook::admin {
namespace {

constexpr std::array<std::string_view, 5> kUnits{"B", "KB", "MB", "GB", "TB"};

std::string harmless(std::string_view text) {
    auto out = to_valid_utf8(text);
    std::string safe;
    for (std::size_t at = 0; at < out.size();) {
        auto begin = at;
        auto c = next_utf8(out, at);
        // C0 and C1 controls, and what turns the direction of text around.
        const bool is_bad = c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
                            (c >= 0x2066 && c <= 0x2069);
        safe += is_bad ? "?" : std::string_view(out).substr(begin, at - begin);
    }
    return safe;
}

std::string show_duration(std::int64_t seconds) {
    if (seconds < 60) return fmt::format("{}s", seconds);
    if (seconds < 3600) return fmt::format("{}m{:02}s", seconds / 60, seconds % 60);
    if (seconds < 86400) return fmt::format("{}h{:02}m", seconds / 3600, seconds / 60 % 60);
    return fmt::format("{}d{:02}h", seconds / 86400, seconds / 3600 % 24);
}

std::string cell(const Json* value, std::string_view how) {
    if (!value || value->is_null()) return "-";
    if (auto* number = value->as_number()) {
        if (how == "size")
            return *number == 0 ? "-" : show_size(static_cast<std::uint64_t>(*number));
        return how == "duration" ? show_duration(*number) : std::to_string(*number);
    }
    if (auto* flag = value->as_bool()) return *flag ? "yes" : "no";
    if (auto* text = value->as_text()) return text->empty() ? "-" : harmless(*text);
    std::string out;
    if (auto* array = value->as_array()) {
        for (auto& one : *array) out.append(out.empty() ? "" : " ") += cell(&one, how);
    }
    if (auto* object = value->as_object()) {
        for (auto& [name, one] : *object)
            out.append(out.empty() ? "" : " ") += harmless(name) + "=" + cell(&one, how);
    }
    return out.empty() ? "-" : out;
}

// "size:quota_bytes" in its two parts; the heading is the name without its unit.
struct Column {
    std::string_view how, name;
    explicit Column(std::string_view text) {
        auto at = text.find(':');
        how = at == std::string_view::npos ? "" : text.substr(0, at);
        name = at == std::string_view::npos ? text : text.substr(at + 1);
    }
    std::string heading() const {
        auto text = name;
        for (std::string_view unit : {"_bytes", "_seconds"}) {
            if (!how.empty() && text.ends_with(unit)) text.remove_suffix(unit.size());
        }
        return to_upper(text);
    }
};

std::string table(std::span<const std::string_view> columns, const Json::Array& rows) {
    std::vector<std::vector<std::string>> lines(1);
    for (auto& text : columns) lines[0].push_back(Column(text).heading());
    for (auto& row : rows) {
        auto& line = lines.emplace_back();
        for (auto& text : columns) {
            Column column(text);
            line.push_back(cell(row.find(column.name), column.how));
        }
    }
    std::vector<std::size_t> widths(columns.size(), 0);
    for (auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i)
            widths[i] = std::max(widths[i], utf8_length(line[i]));
    }
    std::string out;
    for (auto& line : lines) {
        for (std::size_t i = 0; i < line.size(); ++i) {
            out += line[i];
            if (i + 1 < line.size()) out.append(widths[i] - utf8_length(line[i]) + 2, ' ');
        }
        out += '\n';
    }
    return out;
}

// "is_space_short" and "free_bytes" to people.
std::string spoken(std::string_view name) {
    for (std::string_view word : {"_bytes", "_seconds"}) {
        if (name.ends_with(word)) name.remove_suffix(word.size());
    }
    if (name.starts_with("is_")) name.remove_prefix(3);
    std::string out(name);
    std::replace(out.begin(), out.end(), '_', ' ');
    return out;
}

std::string pairs(const Json::Object& object) {
    std::size_t width = 0;
    for (auto& [name, value] : object) width = std::max(width, spoken(name).size());
    std::string out;
    for (auto& [key, value] : object) {
        auto name = spoken(key);
        auto how = key.ends_with("_bytes") && value.as_number() ? "size"
                   : key.ends_with("_seconds")                  ? "duration"
                                                                : "";
        // A list of things with names of their own: a line each.
        auto* array = value.as_array();
        if (array && !array->empty() && (*array)[0].as_object()) {
            for (auto& one : *array) out += fmt::format("{:{}}  {}\n", name, width, cell(&one, ""));
        } else {
            out += fmt::format("{:{}}  {}\n", name, width, cell(&value, how));
        }
    }
    return out;
}

}  // namespace

std::string shown(const Verb& verb, const Json& answer) {
    if (auto* array = answer.as_array()) {
        if (!verb.columns.empty()) return array->empty() ? "" : table(verb.columns, *array);
        std::string out;
        for (auto& one : *array) out += cell(&one, "") + "\n";
        return out;
    }
    auto* object = answer.as_object();
    // Done is done: no news is good news.
    if (!object || (object->size() == 1 && object->front().first == "done")) return "";
    return pairs(*object);
}

std::optional<std::uint64_t> read_size(std::string_view text) {
    text = trim(text);
    std::size_t digits = 0;
    while (digits < text.size() && is_digit(text[digits])) ++digits;
    auto number = parse_number<std::uint64_t>(text.substr(0, digits));
    if (!number) return {};
    auto unit = to_upper(trim(text.substr(digits)));
    if (unit.empty() || unit == "B") return *number;
    if (unit.ends_with("IB")) unit.erase(unit.size() - 2, 1);
    if (unit.size() == 1) unit += 'B';
    auto found = std::find(kUnits.begin(), kUnits.end(), unit);
    if (found == kUnits.end()) return {};
    auto shift = 10 * (found - kUnits.begin());
    if (*number > (std::uint64_t(std::numeric_limits<std::int64_t>::max()) >> shift)) return {};
    return *number << shift;
}

std::string show_size(std::uint64_t bytes) {
    std::size_t unit = 0;
    auto value = static_cast<double>(bytes);
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    if (unit == 0 || value == static_cast<double>(static_cast<std::uint64_t>(value)))
        return fmt::format("{} {}", static_cast<std::uint64_t>(value), kUnits[unit]);
    return fmt::format("{:.1f} {}", value, kUnits[unit]);
}

}  // namespace rook::admin
