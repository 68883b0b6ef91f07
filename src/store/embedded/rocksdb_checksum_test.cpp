#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>

#include "base/codec.h"

namespace rocksdb::crc32c {
std::uint32_t Extend(std::uint32_t init, const char* data, std::size_t n);
}

namespace rook::store {
namespace {

using rocksdb::crc32c::Extend;

TEST(RocksdbChecksum, GivesTheNumbersOfCrc32c) {
    EXPECT_EQ(Extend(0, "123456789", 9), 0xE3069283u);  // RFC 3720 B.4 has more
    EXPECT_EQ(Extend(0, std::string(32, '\0').data(), 32), 0x8A9136AAu);
    EXPECT_EQ(Extend(Extend(0, "1234", 4), "56789", 5), 0xE3069283u);
    EXPECT_EQ(Extend(0, "", 0), 0u);
}

// Should a build of RocksDB call its own directly, we want to know; it would only be slower.
TEST(RocksdbChecksum, IsFoundBeforeTheLibrarysOwn) {
    Dl_info found{}, program{};
    ASSERT_TRUE(dladdr(dlsym(RTLD_DEFAULT, "_ZN7rocksdb6crc32c6ExtendEjPKcm"), &found));
    ASSERT_TRUE(dladdr(reinterpret_cast<void*>(&crc32c), &program));
    EXPECT_STREQ(found.dli_fname, program.dli_fname);
}

}  // namespace
}  // namespace rook::store
