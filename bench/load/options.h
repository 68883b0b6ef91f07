// The words of a load command: `load VERB --name value ... --flag`.
#pragma once
#include <map>
#include <string>
#include <vector>

namespace rook::bench {

class Options {
public:
    // Throws std::runtime_error for a name that is not known or has no value.
    explicit Options(const std::vector<std::string>& words);

    const std::string& verb() const { return verb_; }
    bool has(const std::string& name) const { return values_.contains(name); }
    // Without a fallback the option must have been given.
    std::string text(const std::string& name) const;
    std::string text(const std::string& name, const std::string& fallback) const;
    int number(const std::string& name) const { return std::stoi(text(name)); }
    int number(const std::string& name, int fallback) const;
    double real(const std::string& name, double fallback) const;
    // "a,b,c"
    std::vector<std::string> list(const std::string& name) const;

private:
    std::string verb_;
    std::map<std::string, std::string> values_;
};

}  // namespace rook::bench
