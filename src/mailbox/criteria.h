// What a search asks for: tests of one message, joined by AND, OR and NOT (RFC 9051 6.4.4).
//
// A tree written in postfix, so that neither reading nor evaluating one recurses: `a b or not` is
// {a, b, Or 2, Not}. Texts are UTF-8 as the client gave them. Plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "mailbox/types.h"

namespace rook::mailbox {

namespace test {
struct Always {};
struct HasFlag {
    Flags flag;
};
struct HasKeyword {
    std::string name;
};
struct IsRecent {};
struct InUids {
    UidSet uids;
};
struct InSeqs {
    SeqSet seqs;
};
// INTERNALDATE, by its day in UTC, which is the zone that FETCH shows it in.
struct ReceivedBefore {
    std::chrono::sys_days day;
};
// Date:, by the day in its own zone. Messages without a readable one are never matched.
struct SentBefore {
    std::chrono::sys_days day;
};
struct HasSentDate {};
struct Larger {
    std::uint64_t bytes;
};
struct Smaller {
    std::uint64_t bytes;
};
struct ChangedSince {  // modseq at or above it (RFC 7162 3.1.5)
    ModSeq modseq;
};
struct IsEmail {
    EmailId id;
};
struct InThread {
    ThreadId id;
};
// The text is in one of the fields of that name, each decoded and unfolded. Empty text: there is
// such a field.
struct Header {
    std::string name, text;
};
// The envelope's subject; messages without one have an empty one.
struct Subject {
    std::string text;
};
// In a text part, decoded, HTML made readable.
struct Body {
    std::string text;
};
// In a text part or in any header of the message or its parts (search_text.h).
struct Text {
    std::string text;
};
struct And {
    std::size_t of;  // how many before it it joins
};
struct Or {
    std::size_t of;
};
struct Not {};
}  // namespace test

using Criterion = std::variant<test::Always, test::HasFlag, test::HasKeyword, test::IsRecent,
                               test::InUids, test::InSeqs, test::ReceivedBefore, test::SentBefore,
                               test::HasSentDate, test::Larger, test::Smaller, test::ChangedSince,
                               test::IsEmail, test::InThread, test::Header, test::Subject,
                               test::Body, test::Text, test::And, test::Or, test::Not>;

struct Criteria {
    // Postfix; exactly one value is left at its end. Empty: every message.
    std::vector<Criterion> tests;
    // Only these are looked at at all: sets that every match must be in, kept apart so that the
    // rest of the mailbox is not read.
    std::optional<UidSet> only;

    void narrow(const UidSet&);
    // What it has to read at most.
    enum class Reads : std::uint8_t { Entries, Summaries, Bodies };
    Reads reads() const;
};

// Costs are linear in these and in what is searched; beyond them a search is refused (Limit).
constexpr std::size_t kMaxTests = 2'000;
constexpr std::size_t kMaxNeedles = 200;            // tests with a text
constexpr std::size_t kMaxNeedleBytes = 16 * 1024;  // all of them
Result<> check(const Criteria&);

UidSet intersection(const UidSet&, const UidSet&);

}  // namespace rook::mailbox
