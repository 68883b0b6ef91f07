#include "server/heap.h"

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/large_blocks.h"
#include "server/forked_testing.h"

namespace rook::server {
namespace {

using Block = std::unique_ptr<void, decltype(&std::free)>;

Block block(std::size_t bytes) {
    void* volatile made = std::malloc(bytes);  // or the compiler does without
    return {made, &std::free};
}

std::size_t heaps() {
    char* text = nullptr;
    std::size_t size = 0;
    auto* out = open_memstream(&text, &size);
    malloc_info(0, out);
    std::fclose(out);
    const Block freed(text, &std::free);
    std::size_t found = 0;
    for (std::string_view rest(text, size); (size = rest.find("<heap")) != rest.npos; ++found) {
        rest.remove_prefix(size + 1);
    }
    return found;
}

class Heap : public testing::Test {
    void SetUp() override {
#ifdef ROOKERY_INSTRUMENTED
        GTEST_SKIP() << "a sanitizer has a heap of its own";
#endif
    }
};

TEST_F(Heap, ThreadsShareAHeapACore) {
    EXPECT_EQ(in_child([] {
                  share_heaps();
                  constexpr int kThreads = 64;
                  std::latch all_have(kThreads);
                  std::vector<std::jthread> threads;
                  for (int i = 0; i < kThreads; ++i) {
                      threads.emplace_back([&] {
                          const auto some = block(100);
                          all_have.arrive_and_wait();
                      });
                  }
                  threads.clear();
                  const auto most = std::max(1u, std::thread::hardware_concurrency());
                  return heaps() <= most ? "" : std::to_string(heaps()) + " heaps";
              }),
              "");
}

std::size_t resident_bytes() {
    std::size_t all = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> all >> resident;
    return resident * static_cast<std::size_t>(getpagesize());
}

TEST_F(Heap, WhatIsFreeBetweenBlocksIsGivenBack) {
    EXPECT_EQ(in_child([] {
                  constexpr std::size_t kBlocks = 500, kBlock = 64 * 1024;
                  std::vector<Block> kept, freed;
                  for (std::size_t i = 0; i < kBlocks; ++i) {
                      freed.push_back(block(kBlock));
                      std::memset(freed.back().get(), 1, kBlock);
                      kept.push_back(block(100));
                  }
                  freed.clear();
                  const auto before = resident_bytes();
                  give_memory_back();
                  const auto given = before - std::min(before, resident_bytes());
                  return given > kBlocks * kBlock / 2 ? "" : std::to_string(given) + " bytes";
              }),
              "");
}

TEST_F(Heap, WhatACommandFreesCostsTheNextNoPageFaults) {
    EXPECT_EQ(in_child([] {
                  share_heaps();
                  constexpr std::size_t kRounds = 100, kBlock = 512 * 1024;
                  const auto page_faults = [] {
                      rusage used;
                      getrusage(RUSAGE_SELF, &used);
                      return used.ru_minflt;
                  };
                  const auto before = page_faults();
                  for (std::size_t i = 0; i < kRounds; ++i) {
                      std::jthread([] { std::memset(block(kBlock).get(), 1, kBlock); }).join();
                      std::memset(block(kBlock).get(), 1, kBlock);
                  }
                  const auto faults = page_faults() - before;
                  const auto pages = static_cast<long>(kBlock) / getpagesize();
                  return faults < 10 * pages ? "" : std::to_string(faults) + " page faults";
              }),
              "");
}

TEST_F(Heap, AFreedBlockOfAMegabyteIsTheNext) {
    EXPECT_EQ(in_child([] {
                  share_heaps();
                  const auto make = [](std::size_t bytes) {
                      char* volatile made = new char[bytes];  // or the compiler does without
                      return std::unique_ptr<char[]>(made);
                  };
                  auto block = make(large_blocks::kLeast);
                  const auto* first = block.get();
                  if (mallinfo2().hblkhd < large_blocks::kLeast) return "it is in a heap";
                  block.reset();
                  if (large_blocks::kept_bytes() != large_blocks::kBytes) return "it is not kept";
                  return make(large_blocks::kBytes).get() == first ? "" : "another was made";
              }),
              "");
}

}  // namespace
}  // namespace rook::server
