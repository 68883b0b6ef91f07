// crash_states core|store|damage|lies: proofs by seed (README.md).
#include <fmt/format.h>

#include <unistd.h>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "states/core_states.h"
#include "states/damage_states.h"
#include "states/lies.h"
#include "states/store_states.h"

namespace rook::states {
namespace {

constexpr auto kUsage =
    "crash_states core|store [--points N] [--minutes M] [--seed S] [--report FILE] [--all]\n"
    "crash_states damage [--flips N] [--minutes M] [--seed S] [--in KIND] [--report FILE] [--all]\n"
    "crash_states lies\n"
    "  --minutes  goes on for so long; with a number too, until both are reached\n"
    "  --all      goes on behind what is wrong\n"
    "  --in       only files of a kind: table, log, 'body file', MANIFEST...\n";

std::optional<Options> read_options(int count, char** words) {
    Options options;
    for (int i = 0; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--all") {
            options.goes_on = true;
            continue;
        }
        if (++i == count) return {};
        const std::string_view value = words[i];
        auto read = [&](auto& number) {
            auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
            return error == std::errc{} && end == value.data() + value.size();
        };
        bool is_good = false;
        if (word == "--points" || word == "--flips") is_good = read(options.points);
        if (word == "--seed") is_good = read(options.seed);
        if (word == "--minutes") is_good = read(options.minutes);
        if (word == "--in") is_good = !(options.kind = value).empty();
        if (word == "--report") is_good = !(options.report = value).empty();
        if (!is_good) return {};
    }
    if (options.points == 0 && options.minutes == 0) options.points = 1000;
    return options;
}

int run(int count, char** words) {
    const std::string_view verb = count > 1 ? words[1] : "";
    const auto options = read_options(count - 2, words + 2);
    if (options && verb == "core") return prove(core_proof(StoreLie::None), *options);
    if (options && verb == "store") return prove(store_proof(FilesLie::None), *options);
    if (options && verb == "damage") {
        return prove(damage_proof(DamageLie::None, options->kind), *options);
    }
    if (options && verb == "lies") return prove_lies();
    std::fputs(kUsage, stderr);
    return 2;
}

}  // namespace
}  // namespace rook::states

int main(int count, char** words) { return rook::states::run(count, words); }
