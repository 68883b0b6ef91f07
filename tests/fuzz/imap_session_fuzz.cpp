// Arbitrary bytes from IMAP clients, before login or behind it. Whatever they say, responses are
// well formed, sequence numbers are those of messages that the client was told of, a message keeps
// its UID, and the store agrees with itself at the end.
#include "base/ascii.h"
#include "fuzz/session_world.h"
#include "imap/imap.h"
#include "imap/wire/reader.h"

using namespace rook;

namespace {

class Oracle {
public:
    void said(std::string_view) {}
    void heard(std::string_view output, bool is_closed) {
        while (!output.empty()) {
            std::string response;
            if (!take_response(output, response)) {
                CHECK(is_closed);
                return;
            }
            check(response);
        }
    }

private:
    // Off the front, quoted strings and literals taken out.
    static bool take_response(std::string_view& output, std::string& response) {
        for (bool is_first = true;; is_first = false) {
            const auto end = output.find("\r\n");
            if (end == std::string_view::npos) return false;
            const auto line = output.substr(0, end);
            output.remove_prefix(end + 2);
            CHECK(line.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
            response += line;
            if (is_first && is_text(line)) return true;
            const auto literal = imap::wire::literal_at_end(line);
            if (!literal) break;
            if (literal->size > output.size()) return false;
            output.remove_prefix(literal->size);
            response.resize(response.rfind('{'));
            response += "\"\"";
        }
        return true;
    }
    // Ends with words for people.
    static bool is_text(std::string_view line) {
        for (std::string_view start : {"* OK", "* NO", "* BAD", "* BYE", "+"})
            if (line.starts_with(start)) return true;
        return !line.starts_with("* ");
    }
    void check(std::string_view response) {
        if (response.starts_with("* OK [UIDVALIDITY ")) uids_.clear(), uids_.resize(exists_);
        if (response.starts_with("+ ") || response == "+") return;
        if (is_text(response)) return check_tagged(response);
        const auto bare = without_quotes(response);
        const auto words = split(bare, ' ');
        const auto number = parse_number<std::uint32_t>(words[1]);
        if (!number) return;
        CHECK(words.size() >= 3);
        if (words[2] == "EXISTS") {
            exists_ = *number;
            uids_.resize(exists_);
        } else if (words[2] == "EXPUNGE") {
            CHECK(*number >= 1 && *number <= exists_--);
            uids_.erase(uids_.begin() + *number - 1);
        } else if (words[2] == "FETCH") {
            CHECK(*number >= 1 && *number <= exists_);
            check_uid(*number, bare);
        } else {
            CHECK(words[2] == "RECENT" && *number <= exists_);
        }
    }
    static void check_tagged(std::string_view response) {
        const auto words = split(response, ' ');
        CHECK(words.size() >= 2);
        CHECK(words[1] == "OK" || words[1] == "NO" || words[1] == "BAD" || words[1] == "BYE");
    }
    void check_uid(std::uint32_t seq, std::string_view bare) {
        auto at = bare.find("(UID ");
        if (at == std::string_view::npos) at = bare.find(" UID ");
        if (at == std::string_view::npos) return;
        const auto digits = bare.substr(at + 5);
        const auto uid =
            parse_number<std::uint32_t>(digits.substr(0, digits.find_first_not_of("0123456789")));
        CHECK(uid && *uid > 0);
        auto& known = uids_[seq - 1];
        CHECK(known == 0 || known == *uid);
        known = *uid;
    }
    // And looks whether parentheses match.
    static std::string without_quotes(std::string_view response) {
        std::string out;
        int depth = 0;
        bool is_quoted = false;
        for (std::size_t i = 0; i < response.size(); ++i) {
            const char c = response[i];
            if (is_quoted && c == '\\') {
                ++i;
            } else if (c == '"') {
                is_quoted = !is_quoted;
            } else if (!is_quoted) {
                depth += c == '(' ? 1 : c == ')' ? -1 : 0;
                CHECK(depth >= 0);
                out += c;
            }
        }
        CHECK(depth == 0 && !is_quoted);
        return out;
    }

    std::uint32_t exists_ = 0;
    std::vector<std::uint32_t> uids_;  // 0: not told yet
};

}  // namespace

// The first byte says how far the first two clients have come already.
FUZZ_WITHIN(text, fuzz::kNoBudget) {
    fuzz::Input in(text);
    const auto begin = in.byte();
    fuzz::World world;
    const imap::Services services{*world.accounts, world.authenticator, *world.directory,
                                  world.clock, world.log};
    fuzz::Play<Oracle> play(world,
                            [&](net::Link& link) { return imap::make_session(services, link); });
    for (std::size_t client : {1, 0}) {
        play.use(client);
        if (begin & 1) play.say("a LOGIN alice x\r\n");
        if (begin & 2) play.say("b ENABLE IMAP4rev2 CONDSTORE\r\n");
        if (begin & 4) play.say("c SELECT INBOX\r\n");
    }
    play.run(in.rest());
    world.check();
}
