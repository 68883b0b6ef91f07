// The bytes of a message that are somewhere else: in a store, a file, a string.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace rook::message {

// Threads: one at a time.
class Source {
public:
    virtual ~Source() = default;
    virtual std::uint64_t size() const = 0;
    // The bytes [offset, offset + length), cut at the end of the message. May touch the disk.
    virtual Result<std::string> read(std::uint64_t offset, std::uint64_t length) = 0;
};

class StringSource final : public Source {
public:
    explicit StringSource(std::string_view bytes) : bytes_(bytes) {}
    std::uint64_t size() const override { return bytes_.size(); }
    Result<std::string> read(std::uint64_t offset, std::uint64_t length) override {
        if (offset >= bytes_.size()) return std::string();
        return std::string(bytes_.substr(offset, length));
    }

private:
    std::string_view bytes_;
};

}  // namespace rook::message
