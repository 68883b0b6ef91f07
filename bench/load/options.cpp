#include "load/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace rook::bench {
namespace {

constexpr std::array kFlags = {"tls", "resume", "fresh"};
constexpr std::array kValues = {"port",   "lmtp",    "users", "password", "connections", "seconds",
                                "runs",   "count",   "to",    "each",     "mailbox",     "kind",
                                "before", "command", "of",    "want",     "size"};

bool known(const auto& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

Options::Options(const std::vector<std::string>& words) {
    if (!words.empty()) verb_ = words[0];
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto& word = words[i];
        auto name = word.starts_with("--") ? word.substr(2) : "";
        if (known(kFlags, name)) {
            values_[name] = "yes";
        } else if (known(kValues, name) && i + 1 < words.size()) {
            values_[name] = words[++i];
        } else {
            throw std::runtime_error(fmt::format("not an option, or without its value: {}", word));
        }
    }
}

std::string Options::text(const std::string& name) const {
    auto found = values_.find(name);
    if (found == values_.end()) throw std::runtime_error(fmt::format("--{} is missing", name));
    return found->second;
}

std::string Options::text(const std::string& name, const std::string& fallback) const {
    return has(name) ? text(name) : fallback;
}

int Options::number(const std::string& name, int fallback) const {
    return has(name) ? number(name) : fallback;
}

double Options::real(const std::string& name, double fallback) const {
    return has(name) ? std::stod(text(name)) : fallback;
}

std::vector<std::string> Options::list(const std::string& name) const {
    std::vector<std::string> out;
    auto all = text(name);
    for (std::size_t at = 0; at <= all.size();) {
        auto end = std::min(all.find(',', at), all.size());
        out.push_back(all.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

}  // namespace rook::bench
