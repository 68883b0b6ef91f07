// The schema of the configuration file: each setting with its kind, its place in Config, its bounds
// and its help. Reading, checking, showing and the reference are made from it (config.cpp).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/config.h"

namespace rook::server {

// Where a setting lives in Config. Each alternative is a kind of value: it says how the setting is
// read, checked and shown.
using Texts = std::vector<std::string>;
struct Choice {
    std::vector<std::string_view> words;  // in the order of the enumeration
    int (*get)(const Config&);
    void (*set)(Config&, int);
};
template <class T>
using Place = T& (*)(Config&);
struct Size {
    Place<std::uint64_t> place;
};
struct SizeT {
    Place<std::size_t> place;
};
struct Count {
    Place<unsigned> place;
};
struct Seconds {
    Place<std::chrono::seconds> place;
};
struct Hours {
    Place<std::chrono::hours> place;
};
struct Milliseconds {
    Place<std::chrono::milliseconds> place;
};
struct CountT {
    Place<std::size_t> place;
};
struct Addresses {
    Place<Texts> place;
};
// A name, or nothing.
struct Name {
    Place<std::string> place;
    bool (*is_good)(std::string_view);
    std::string_view what;
};
using Kind = std::variant<Place<std::string>, Place<Texts>, Place<bool>, Size, SizeT, Count, CountT,
                          Seconds, Hours, Milliseconds, Choice, Addresses, Name>;

struct Setting {
    std::string_view section, name;
    Kind kind;
    std::string_view help;
    std::int64_t least = 0, most = std::int64_t{1} << 40;  // of numbers, in the setting's own unit
};

// In the order of the reference; those of one section stand together.
const std::vector<Setting>& schema();

}  // namespace rook::server
