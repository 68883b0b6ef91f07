#include "base/base64.h"

#include <gtest/gtest.h>

namespace rook {
namespace {

TEST(Base64, Rfc4648Vectors) {
    std::pair<std::string_view, std::string_view> cases[] = {{"", ""},
                                                             {"f", "Zg=="},
                                                             {"fo", "Zm8="},
                                                             {"foo", "Zm9v"},
                                                             {"foob", "Zm9vYg=="},
                                                             {"fooba", "Zm9vYmE="},
                                                             {"foobar", "Zm9vYmFy"}};
    for (auto& [plain, coded] : cases) {
        EXPECT_EQ(base64_encode(plain), coded);
        EXPECT_EQ(base64_decode(coded), plain);
        auto url = std::string(coded.substr(0, coded.find('=')));
        EXPECT_EQ(base64url_encode(plain), url);
        EXPECT_EQ(base64url_decode(url), plain);
    }
    EXPECT_EQ(base64_encode("\xFB\xFF"), "+/8=");
    EXPECT_EQ(base64url_encode("\xFB\xFF"), "-_8");
}

TEST(Base64, Strict) {
    for (std::string_view bad : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "Zm9v\n",
                                 " Zm9v", "Zm 9v", "Zg==Zg==", "Z-_v", "Zm9v\x80"}) {
        EXPECT_EQ(base64_decode(bad), std::nullopt) << bad;
    }
    for (std::string_view bad : {"Z", "Zh", "Zg==", "Z+/v"})
        EXPECT_EQ(base64url_decode(bad), std::nullopt) << bad;
}

TEST(Base64, EveryByteAtEveryPlace) {
    for (int b = 0; b < 256; ++b) {
        for (std::size_t size = 1; size < 7; ++size) {
            for (std::size_t i = 0; i < size; ++i) {
                std::string bytes(size, 'a');
                bytes[i] = static_cast<char>(b);
                ASSERT_EQ(base64_decode(base64_encode(bytes)), bytes);
                ASSERT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
            }
        }
    }
}

}  // namespace
}  // namespace rook
