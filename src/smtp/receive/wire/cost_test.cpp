// No line may cost more than its size (base/cost_testing.h).
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/cost_testing.h"
#include "smtp/receive/wire/data_reader.h"
#include "smtp/receive/wire/path.h"

namespace rook::smtp::wire {
namespace {

using cost::repeated;

TEST(SmtpCost, Paths) {
    const auto parse = [](const std::string& text) { (void)parse_path_args(text, "TO"); };
    const auto names = [](std::size_t n) {
        std::string out = "TO:<a@b>";
        for (std::size_t i = 0; i < n / 6; ++i) out += fmt::format(" p{}", i);
        return out;
    };
    EXPECT_EQ(cost::growth(names, parse, 10'000), "");
    for (const char* unit : {"<", "@a,", "a.", "\\\"", " ", "[", "a@"})
        EXPECT_EQ(cost::growth(repeated("TO:<\"", unit, ">"), parse, 50'000), "") << unit;
    for (const char* unit : {"@a,", "a.", "a", ">"})
        EXPECT_EQ(cost::growth(repeated("TO:<", unit, ":b@c>"), parse, 50'000), "") << unit;
}

TEST(SmtpCost, Data) {
    for (std::size_t step : {1, 1000}) {
        const auto read = [step](const std::string& text) {
            DataReader reader;
            std::string out;
            for (std::size_t at = 0; at < text.size(); at += step)
                reader.read(std::string_view(text).substr(at, step), out);
        };
        for (const char* unit : {"..\r\n", "\r", "\n", ".", "\r\n", "x"})
            EXPECT_EQ(cost::growth(repeated("", unit), read, 100'000), "") << unit;
    }
}

}  // namespace
}  // namespace rook::smtp::wire
