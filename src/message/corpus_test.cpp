// The messages of tests/corpus against what is expected of them in tests/corpus/expected.
// ROOKERY_REWRITE_EXPECTED=1 writes those files anew: read the difference before it is committed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "message/section.h"
#include "message/test_support.h"

namespace rook::message {
namespace {

namespace fs = std::filesystem;

fs::path corpus() { return fs::path(__FILE__).parent_path() / "../../tests/corpus"; }

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

// One line, whatever is in it.
std::string escaped(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c == '\\') {
            out += "\\\\";
        } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
        } else {
            out += c;
        }
    }
    return out;
}

std::string addresses(const std::vector<Address>& list) {
    std::string out;
    for (auto& a : list) {
        if (!out.empty()) out += ", ";
        switch (a.kind) {
            case Address::Kind::Mailbox:
                out += fmt::format("{} <{}@{}>", a.name, a.mailbox, a.host);
                break;
            case Address::Kind::GroupStart:
                out += fmt::format("{}: ", a.mailbox);
                break;
            case Address::Kind::GroupEnd:
                out += ";";
                break;
        }
    }
    return out;
}

// What tests/corpus/compare.py reads.
std::string expected_text(std::string_view message) {
    auto s = parse(message);
    std::string out;
    auto line = [&](std::string_view name, std::string_view value) {
        out += fmt::format("{} {}\n", name, escaped(value));
    };
    line("size", std::to_string(s.size));
    line("header-size", std::to_string(s.header_size));
    line("date", s.sent ? fmt::format("{} {}", *s.sent, s.sent_zone) : "");
    line("subject", s.subject);
    line("base-subject", s.base_subject);
    line("from", addresses(s.from));
    line("sender", addresses(s.sender));
    line("reply-to", addresses(s.reply_to));
    line("to", addresses(s.to));
    line("cc", addresses(s.cc));
    line("bcc", addresses(s.bcc));
    line("message-id", s.message_id);
    for (auto& id : s.references) line("reference", id);
    line("attachment", s.has_attachment ? "yes" : "no");
    line("preview", s.preview);
    for (std::size_t i = 0; i < s.parts.size(); ++i) {
        auto& p = s.parts[i];
        auto section = section_of(s.parts, i);
        line("part",
             fmt::format("{} parent {} {}/{} {} header {}-{} body {}-{} lines {}",
                         section.empty() ? "-" : section, p.parent, p.type, p.subtype, p.encoding,
                         p.header_begin, p.header_end, p.body_begin, p.body_end, p.lines));
        for (auto& [name, value] : p.parameters) line("  parameter", name + "=" + value);
        if (!p.disposition.empty()) line("  disposition", p.disposition);
        for (auto& [name, value] : p.disposition_parameters)
            line("  disposition-parameter", name + "=" + value);
        if (!p.id.empty()) line("  id", p.id);
    }
    line("envelope", s.imap_envelope);
    line("body", s.imap_body);
    line("bodystructure", s.imap_bodystructure);
    return out;
}

// At "From " lines behind an empty line or at the beginning.
std::vector<std::string> split_mbox(const std::string& text) {
    std::vector<std::string> out;
    std::size_t begin = 0;
    while (begin < text.size()) {
        auto end = text.find("\n\nFrom ", begin);
        end = end == text.npos ? text.size() : end + 2;
        out.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    return out;
}

void check_file(const fs::path& file, const std::vector<std::string>& messages) {
    std::string got;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        if (messages.size() > 1) got += fmt::format("=== {}\n", i);
        got += expected_text(messages[i]);
        for (std::size_t cut :
             {messages[i].size() / 3, messages[i].size() / 2, messages[i].size() - 1}) {
            Parser parser;
            parser.feed(std::string_view(messages[i]).substr(0, cut));
            parser.feed(std::string_view(messages[i]).substr(cut));
            EXPECT_EQ(encode(parser.finish()), encode(parse(messages[i])))
                << file << " cut at " << cut;
        }
    }
    auto expected = corpus() / "expected" / (file.filename().string() + ".expected");
    if (std::getenv("ROOKERY_REWRITE_EXPECTED")) {
        fs::create_directories(expected.parent_path());
        std::ofstream(expected, std::ios::binary) << got;
    }
    EXPECT_EQ(got, read_file(expected)) << file;
}

TEST(Corpus, Messages) {
    int count = 0;
    for (auto& entry : fs::directory_iterator(corpus() / "messages")) {
        check_file(entry.path(), {read_file(entry.path())});
        ++count;
    }
    EXPECT_EQ(count, 28);
}

TEST(Corpus, Mailboxes) {
    int count = 0;
    for (auto& entry : fs::directory_iterator(corpus() / "mbox")) {
        auto messages = split_mbox(read_file(entry.path()));
        check_file(entry.path(), messages);
        count += static_cast<int>(messages.size());
    }
    EXPECT_GT(count, 10);
}

}  // namespace
}  // namespace rook::message
