// What a session has written and the peer has not yet taken: a chain of blocks, none while there is
// nothing.
//
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rook::net {

class Output {
public:
    void append(std::string_view bytes);
    // append() that keeps many bytes as a block of their own instead of copying them.
    void give(std::string bytes);
    std::size_t size() const { return size_; }
    bool is_empty() const { return size_ == 0; }
    // The bytes of the i-th block from the front; empty behind the last.
    std::string_view block(std::size_t i) const;
    // Forgets that many bytes from the front.
    void consume(std::size_t n);
    void clear() { *this = Output(); }

private:
    std::vector<std::string> blocks_;  // from first_ on
    std::size_t first_ = 0;
    std::size_t taken_ = 0;  // of the first block
    std::size_t size_ = 0;
    std::size_t copied_ = 0;  // by append() since a block was given
};

}  // namespace rook::net
