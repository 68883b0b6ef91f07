#include "server/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace rook::server {
namespace {

using ::testing::HasSubstr;

TEST(Config, ReadsEverySection) {
    auto config = parse_config(R"(
data = "/var/lib/rookery"
hostname = "mail.example.test"
[server]
user = "rookery"
seccomp = false
[tls]
certificate = "c.pem"
key = "k.pem"
[listen]
imaps = ["0.0.0.0:993", "[::]:993"]
lmtp = ["unix:/run/rookery/lmtp"]
[auth]
plaintext = "loopback"
[limits]
message_bytes = "10 MB"
idle_timeout = 2000
[imap]
literal = "minus"
[log]
format = "json"
)",
                               "rookery.toml");
    ASSERT_TRUE(config) << config.error().said;
    EXPECT_EQ(config->user, "rookery");
    EXPECT_FALSE(config->seccomp);
    EXPECT_TRUE(config->landlock);
    EXPECT_EQ(config->listen.imaps.size(), 2u);
    EXPECT_EQ(config->listen.all().size(), 3u);
    EXPECT_EQ(config->mailbox.message_bytes, 10u << 20);
    EXPECT_EQ(config->auth.plaintext, auth::Options::Plaintext::Loopback);
    EXPECT_TRUE(config->imap.literal_minus);
    EXPECT_EQ(config->log.format, LogFormat::Json);
    EXPECT_EQ(config->smtp.hostname, "mail.example.test");
    EXPECT_EQ(config->imap.idle_timeout, std::chrono::seconds(2000));
}

TEST(Config, SaysWhereAndWhatIsAllowed) {
    struct Case {
        const char* text;
        const char* said;
    };
    constexpr Case cases[] = {
        {"data = 1", "f.toml:1:8: data must be text"},
        {"data = \"d\"\nspeed = 1", "f.toml:2:1: unknown setting \"speed\""},
        {"data = \"d\"\n[listen]\nimapx = []", "those of [listen] are: imap, imaps"},
        {"data = \"d\"\n[lisent]\nimap = []", "unknown section \"lisent\"; the sections are: "},
        {"data = \"d\"\n[auth]\nplaintext = \"always\"", "must be \"never\" or \"loopback\""},
        {"data = \"d\"\n[limits]\nmessage_bytes = \"many\"",
         "f.toml:3:17: message_bytes must be a size"},
        {"data = \"d\"\n[limits]\nidle_timeout = 1", "a number from 60 to 86400"},
        {"data = \"d\"\n[limits]\nidle_timeout = \"1 KB\"", "a number from 60 to 86400"},
        {"data = \"d\"\n[listen]\nimap = [1]", "imap must be a list of texts"},
        {"data = \"d\"\n[listen]\nimap = [\"127.0.0.1\"]",
         "f.toml:3:8: imap must be a list of texts"},
        {"data = \"d\"\n[listen]\nlmtp = [\"[::1]:24\", \"unix:lmtp\"]", "lmtp must be a list of"},
        {"data = \"d\"\n[listen]\npop3 = [\"localhost:110\"]", "\"127.0.0.1:143\", \"[::1]:143\""},
        {"data = \"d\"\n[limits]\nmailboxes = \"1 KB\"", "a number from 10 to 1000000"},
        {"data = \"d\"\n[limits]\ncommand_bytes = 1", "a size such as"},
        {"data = \"d\"\nhostname = \"a b\"", "hostname must be a host name"},
        {"data = \"d\"\nhostname = \"a\\r\\nX: y\"", "hostname must be a host name"},
        {"data = \"d\"\n[auth]\ndefault_domain = \"not a domain\"", "must be a domain"},
        {"data = \"d\"\n[listen]\nimaps = [\"127.0.0.1:993\"]", "need [tls]"},
        {"data = \"d\"\n[tls]\nkey = \"k\"", "needs both"},
        {"", "data is missing"},
        {"data = ", "f.toml:1:"},
    };
    for (auto& c : cases) {
        auto config = parse_config(c.text, "f.toml");
        ASSERT_FALSE(config) << c.text;
        EXPECT_THAT(config.error().said, HasSubstr(c.said));
    }
}

TEST(Config, OddNamesOfSectionsAreMistakes) {
    for (std::string_view name : {"[=]", "[ $x]", "[\x01]", "[[!]]", "[#]", "[.a]"}) {
        auto config = parse_config("hostname = \"x\"\n  " + std::string(name) + "\n", "f");
        ASSERT_FALSE(config) << name;
        EXPECT_THAT(config.error().said, HasSubstr("f:2:")) << name;
    }
}

TEST(Config, LettersOutsideOfTextsAreAscii) {
    for (std::string_view line : {"data\u00D1 = 1", "\u00D1", "x = \"a\\\"\" \u00D1", "[\u00D1]",
                                  "x = \'\'\'\u00D1\'\'\' \u00D1"}) {
        auto config = parse_config("# \u00D1 \"\n" + std::string(line) + "\n", "f");
        ASSERT_FALSE(config) << line;
        EXPECT_THAT(config.error().said, HasSubstr("f:2:")) << line;
        EXPECT_THAT(config.error().said, HasSubstr("ASCII")) << line;
    }
    auto config = parse_config("\xEF\xBB\xBF# \u00D1\ndata = \"/m\u00FCller\"\n", "f");
    EXPECT_TRUE(config) << config.error().said;
}

TEST(Config, WhatIsNoFile) {
    for (auto& path : {testing::TempDir(), testing::TempDir() + "no-such-file"}) {
        auto config = load_config(path);
        ASSERT_FALSE(config);
        EXPECT_EQ(config.error().why, Why::NotFound);
        EXPECT_THAT(config.error().said, HasSubstr("cannot read the configuration file: "));
    }
}

TEST(Config, WhatItShowsItReads) {
    auto config = parse_config(
        "data = \"/d\\\"q\"\n[limits]\nmessage_bytes = 12345\n[listen]\nlmtp = [\"unix:/l\", "
        "\"[::1]:24\"]",
        "f");
    ASSERT_TRUE(config);
    auto again = parse_config(show_config(*config), "shown");
    ASSERT_TRUE(again) << again.error().said;
    EXPECT_EQ(show_config(*again), show_config(*config));
}

TEST(Config, ReferencePageIsTheSchema) {
    std::ifstream page(ROOKERY_SOURCE_DIR "/docs/configuration.md");
    std::string text{std::istreambuf_iterator<char>(page), {}};
    EXPECT_EQ(text, config_reference())
        << "write it anew: rookery config reference > docs/configuration.md";
}

}  // namespace
}  // namespace rook::server
