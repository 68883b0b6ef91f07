#include "load/mail.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <string_view>

namespace rook::bench {
namespace {

// Words by Zipf, so that text compresses and searches as real text does.
class Words {
public:
    explicit Words(std::uint64_t seed) : engine_(seed) {
        double sum = 0;
        for (int i = 0; i < kWords; ++i) weights_.push_back(sum += 1.0 / (i + 1));
    }
    std::string next() {
        double at = std::uniform_real_distribution<double>(0, weights_.back())(engine_);
        auto rank = static_cast<std::uint64_t>(
            std::lower_bound(weights_.begin(), weights_.end(), at) - weights_.begin());
        std::string out;
        for (auto n = rank * 2654435761u % 1000003 + 26; n; n /= 26)
            out += static_cast<char>('a' + n % 26);
        return out;
    }
    std::mt19937_64& engine() { return engine_; }

private:
    static constexpr int kWords = 20'000;
    std::mt19937_64 engine_;
    std::vector<double> weights_;
};

std::string text_of(Words& words, std::size_t size, std::string_view before,
                    std::string_view after) {
    std::string out, row;
    while (out.size() < size) {
        row += words.next() + ' ';
        if (row.size() > 68) {
            out.append(before).append(row).append(after).append("\r\n");
            row.clear();
        }
    }
    return out;
}

std::string make_message(std::uint64_t n) {
    Words words(n);
    auto& random = words.engine();
    auto header = fmt::format(
        "From: \"{0} {1}\" <{0}@example.net>\r\nTo: someone@example.test\r\nSubject: {2} {3} "
        "{4}\r\nDate: Tue, 03 Nov 2026 10:{5:02}:00 +0000\r\n"
        "Message-ID: <{6}.{0}@example.net>\r\nMIME-Version: 1.0\r\n",
        words.next(), words.next(), words.next(), words.next(), words.next(), n % 60, n);
    auto kind = random() % 100;
    if (kind < 85) {
        return header + "Content-Type: text/plain; charset=utf-8\r\n\r\n" +
               text_of(words, 4096 + random() % 16384, "", "");
    }
    if (kind < 97) {
        return header + "Content-Type: text/html; charset=utf-8\r\n\r\n<html><body>\r\n" +
               text_of(words, 75 * 1024, "<p style=\"margin:0\">", "</p>") + "</body></html>\r\n";
    }
    std::string body = header +
                       "Content-Type: multipart/mixed; boundary=b1\r\n\r\n--b1\r\nContent-Type: "
                       "text/plain\r\n\r\n" +
                       text_of(words, 2048, "", "") +
                       "\r\n--b1\r\nContent-Type: application/octet-stream; "
                       "name=data.bin\r\nContent-Transfer-Encoding: base64\r\n"
                       "Content-Disposition: attachment; filename=data.bin\r\n\r\n";
    constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (int line = 0; line < (1 << 20) / 78; ++line) {
        for (int i = 0; i < 76; ++i) body += alphabet[random() % 64];
        body += "\r\n";
    }
    return body + "\r\n--b1--\r\n";
}

// The same hundred messages again and again: making mail must not be what is measured.
const std::vector<std::string>& hundred() {
    static const auto all = [] {
        std::vector<std::string> out;
        for (std::uint64_t n = 0; n < 100; ++n) out.push_back(make_message(n));
        return out;
    }();
    return all;
}

}  // namespace

std::string mail(std::uint64_t n, Sizes sizes) {
    auto serial = fmt::format("X-Serial: {}\r\n", n);
    if (sizes == Sizes::Tiny) {
        Words words(n);
        return fmt::format("{}From: <{}@example.net>\r\nSubject: {} {}\r\n\r\n", serial,
                           words.next(), words.next(), words.next()) +
               text_of(words, 400, "", "");
    }
    const auto* message = &hundred()[n % hundred().size()];
    for (auto next = n; sizes == Sizes::Text &&
                        message->find("\r\nContent-Type: text/plain") > message->find("\r\n\r\n");)
        message = &hundred()[++next % hundred().size()];
    auto out = serial + *message;
    if (out.ends_with("</html>\r\n")) {
        if (n / 100 % 2 == 0) out.insert(out.rfind("</body>"), "<p>the wombat sleeps</p>\r\n");
    } else if (!out.ends_with("--b1--\r\n")) {
        if (n % 2 == 0) out += "a platypus swims\r\n";
        if (n % 167 == 3) out += "a quokka smiles\r\n";
    }
    return out;
}

}  // namespace rook::bench
