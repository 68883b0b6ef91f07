#include "base/large_blocks.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <mutex>

namespace rook::large_blocks {

namespace {

constexpr std::size_t kMost = 4096;

// Without constructors or destructors: used before main() begins and after it ends.
constinit std::mutex mutex;
std::array<void*, kMost> kept;  // a stack: what nobody wants collects at its bottom
std::size_t count = 0;
std::size_t least_count = 0;  // since trim()

}  // namespace

void* take() noexcept {
    const std::lock_guard lock(mutex);
    if (count == 0) return nullptr;
    void* block = kept[--count];
    least_count = std::min(least_count, count);
    return block;
}

void keep(void* block) noexcept {
    {
        const std::lock_guard lock(mutex);
        if (count < kMost) {
            kept[count++] = block;
            return;
        }
    }
    std::free(block);
}

std::size_t kept_bytes() noexcept {
    const std::lock_guard lock(mutex);
    return count * kBytes;
}

void trim() noexcept {
    const std::lock_guard lock(mutex);
    std::for_each_n(kept.begin(), least_count, std::free);
    count = static_cast<std::size_t>(
        std::copy(kept.begin() + static_cast<std::ptrdiff_t>(least_count),
                  kept.begin() + static_cast<std::ptrdiff_t>(count), kept.begin()) -
        kept.begin());
    least_count = count;
}

}  // namespace rook::large_blocks
