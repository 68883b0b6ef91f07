#include "mailbox/search.h"

#include <algorithm>
#include <map>
#include <span>

#include "base/ascii.h"
#include "base/check.h"
#include "base/date.h"
#include "mailbox/account.h"
#include "mailbox/search_text.h"
#include "mailbox/signature.h"
#include "message/compare_text.h"
#include "message/encoded_word.h"
#include "message/header.h"

namespace rook::mailbox {
namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

// Three values, so that AND is the least, OR the greatest, and NOT turns them round.
using Value = std::uint8_t;
constexpr Value kFalse = 0, kOpen = 1, kTrue = 2;
constexpr Value value_of(bool yes) { return yes ? kTrue : kFalse; }

// Undecided messages that are read about together, and decided ones that may wait beside them.
constexpr std::size_t kOpenInBatch = 256, kInBatch = 8192;

using message::contains;

// A text that is looked for in message texts, by the test that asks.
struct Needle {
    std::size_t test;
    std::string normal;
    bool also_headers;
    SignatureQuery query;
};

// A message of the batch, with the values of all tests while it is open.
struct Candidate {
    Seq seq;
    Uid uid;
    EmailId email;
    std::uint32_t size;
    ModSeq modseq;
    Value value;
    std::vector<Value> values;
};

bool means_unreadable(const Error& error) {
    return error.why == Why::Corrupt || error.why == Why::Gone || error.why == Why::NotFound;
}

std::vector<EmailId> emails_of(const std::vector<Candidate*>& some) {
    std::vector<EmailId> emails;
    emails.reserve(some.size());
    for (auto* one : some) emails.push_back(one->email);
    return emails;
}

// As many at once as fit into a little memory, whatever their headers.
std::vector<Candidate*> take_some(std::span<Candidate*>& from) {
    constexpr std::uint64_t kBytes = 8 << 20, kMostOfOne = 1 << 20;
    std::size_t n = 0;
    for (std::uint64_t bytes = 0; n < from.size() && bytes < kBytes; ++n)
        bytes += std::min<std::uint64_t>(2 * std::uint64_t{from[n]->size}, kMostOfOne);
    std::vector<Candidate*> some(from.begin(), from.begin() + static_cast<std::ptrdiff_t>(n));
    from = from.subspan(n);
    return some;
}

}  // namespace

struct Search::State {
    State(View& v, Criteria c) : view(v), criteria(std::move(c)) { prepare(); }

    void prepare();
    Value entry_value(const Criterion&, const View::Item&) const;
    Value combine(const std::vector<Value>& values);
    void settle(Candidate&);
    Result<> load_batch();
    Result<> ask_summaries();
    void ask_summary(Candidate&, const message::SummaryView&);
    void ask_headers(Candidate&, std::string_view header);
    Result<> ask_threads();
    Result<> ask_signatures();
    Result<bool> scan_some(const Clock&, Tick deadline);
    Result<bool> open_scan(Candidate&);
    void look_at(const SearchText::Piece&);
    void collect();

    std::vector<Candidate*> open_with(const std::vector<std::size_t>& tests);
    void close(Candidate&, const std::vector<std::size_t>& tests);

    View& view;
    Criteria criteria;
    // Of keyword tests, by test: the bit, 0 when the mailbox has no such keyword.
    std::map<std::size_t, Keywords> keyword_bits;
    // Which tests ask what.
    std::map<std::string, std::vector<std::size_t>, ILess> header_tests;
    std::vector<std::size_t> summary_tests, thread_tests, text_tests;
    std::map<std::size_t, std::string> normals;  // of Header and Subject tests
    std::vector<Needle> needles;                 // of Body and Text tests
    UidSet left;                                 // not yet walked
    std::vector<Value> stack, scratch;

    std::vector<Candidate> batch;
    std::size_t next = 0;  // of the batch, to scan
    bool in_batch = false;

    // The scan of one message.
    struct Scan {
        SummaryRecord summary;
        std::vector<message::Part> parts;
        std::unique_ptr<message::Source> source;
        std::optional<SearchText> text;
        std::vector<const Needle*> wanted;
        std::string tail;  // the end of the last piece: a needle may span two
        std::size_t longest = 0;
    };
    std::unique_ptr<Scan> scan;

    Found found;
    std::uint64_t scanned = 0;
};

void Search::State::prepare() {
    left = criteria.only ? *criteria.only : UidSet();
    if (!criteria.only && view.last_uid().v != 0) left.add(Uid{1}, view.last_uid());
    auto names = view.keyword_names();
    std::vector<std::size_t> everywhere;
    for (std::size_t i = 0; i < criteria.tests.size(); ++i) {
        auto text_test = [&](std::string_view text, bool also_headers) {
            auto normal = message::normal_form(text);
            if (normal.empty()) {
                everywhere.push_back(i);
                return;
            }
            text_tests.push_back(i);
            needles.push_back({i, normal, also_headers, SignatureQuery(normal)});
        };
        std::visit(
            Overloaded{[&](const test::HasKeyword& t) {
                           Keywords bit = 0;
                           for (std::size_t k = 0; k < names->size(); ++k) {
                               if (iequals((*names)[k], t.name)) bit = Keywords{1} << k;
                           }
                           keyword_bits[i] = bit;
                       },
                       [&](const test::Header& t) {
                           header_tests[t.name].push_back(i);
                           summary_tests.push_back(i);
                           normals[i] = message::normal_form(t.text);
                       },
                       [&](const test::Subject& t) {
                           summary_tests.push_back(i);
                           normals[i] = message::normal_form(t.text);
                       },
                       [&](const test::SentBefore&) { summary_tests.push_back(i); },
                       [&](const test::HasSentDate&) { summary_tests.push_back(i); },
                       [&](const test::InThread&) { thread_tests.push_back(i); },
                       [&](const test::Body& t) { text_test(t.text, false); },
                       [&](const test::Text& t) { text_test(t.text, true); }, [](const auto&) {}},
            criteria.tests[i]);
    }
    // The empty text is in every text.
    for (auto i : everywhere) criteria.tests[i] = test::Always{};
}

Value Search::State::entry_value(const Criterion& one, const View::Item& item) const {
    auto& entry = item.entry;
    return std::visit(
        Overloaded{[](const test::Always&) { return kTrue; },
                   [&](const test::HasFlag& t) { return value_of((entry.flags & t.flag) != 0); },
                   [&](const test::HasKeyword&) {
                       auto i = static_cast<std::size_t>(&one - criteria.tests.data());
                       return value_of((entry.keywords & keyword_bits.at(i)) != 0);
                   },
                   [&](const test::IsRecent&) { return value_of(view.is_recent(entry.uid)); },
                   [&](const test::InUids& t) { return value_of(t.uids.contains(entry.uid)); },
                   [&](const test::InSeqs& t) { return value_of(t.seqs.contains(item.seq)); },
                   [&](const test::ReceivedBefore& t) {
                       auto from = std::chrono::sys_seconds(t.day).time_since_epoch().count();
                       return value_of(entry.received < from);
                   },
                   [&](const test::Larger& t) { return value_of(entry.size > t.bytes); },
                   [&](const test::Smaller& t) { return value_of(entry.size < t.bytes); },
                   [&](const test::ChangedSince& t) { return value_of(entry.modseq >= t.modseq); },
                   [&](const test::IsEmail& t) { return value_of(entry.email == t.id); },
                   [](const auto&) { return kOpen; }},
        one);
}

// The value of the whole.
Value Search::State::combine(const std::vector<Value>& values) {
    if (values.empty()) return kTrue;
    if (values.size() == 1) return values[0];
    stack.clear();
    auto join = [&](std::size_t of, auto better) {
        CHECK(of >= 1 && of <= stack.size());
        auto value = stack.back();
        for (std::size_t k = 1; k < of; ++k) {
            stack.pop_back();
            value = better(value, stack.back());
        }
        stack.back() = value;
    };
    for (std::size_t i = 0; i < values.size(); ++i) {
        auto& one = criteria.tests[i];
        if (auto* all = std::get_if<test::And>(&one)) {
            join(all->of, [](Value a, Value b) { return std::min(a, b); });
        } else if (auto* any = std::get_if<test::Or>(&one)) {
            join(any->of, [](Value a, Value b) { return std::max(a, b); });
        } else if (std::holds_alternative<test::Not>(one)) {
            CHECK(!stack.empty());
            stack.back() = static_cast<Value>(kTrue - stack.back());
        } else {
            stack.push_back(values[i]);
        }
    }
    CHECK(stack.size() == 1);
    return stack.back();
}

void Search::State::settle(Candidate& one) {
    one.value = combine(one.values);
    if (one.value != kOpen) one.values = {};
}

// Walks on until enough messages are open.
Result<> Search::State::load_batch() {
    batch.clear();
    next = 0;
    in_batch = true;
    std::size_t open = 0;
    Uid last;
    auto& tests = criteria.tests;
    scratch.resize(tests.size());
    TRY(view.walk(left, [&](const View::Item& item) {
        for (std::size_t i = 0; i < tests.size(); ++i) scratch[i] = entry_value(tests[i], item);
        auto value = combine(scratch);
        last = item.entry.uid;
        if (value == kFalse) return true;
        auto& entry = item.entry;
        batch.push_back({item.seq, entry.uid, entry.email, entry.size, entry.modseq, value, {}});
        if (value == kOpen) {
            batch.back().values = scratch;
            ++open;
        }
        return open < kOpenInBatch && batch.size() < kInBatch;
    }));
    bool is_full = open >= kOpenInBatch || batch.size() >= kInBatch;
    UidSet rest;
    if (is_full && last.v != UINT32_MAX) {
        UidSet behind;
        behind.add(Uid{last.v + 1}, Uid{UINT32_MAX});
        rest = intersection(left, behind);
    }
    left = std::move(rest);
    return {};
}

// The open messages for which one of these tests is open too.
std::vector<Candidate*> Search::State::open_with(const std::vector<std::size_t>& tests) {
    std::vector<Candidate*> some;
    if (tests.empty()) return some;
    for (auto& one : batch) {
        if (one.value != kOpen) continue;
        auto is_open = [&](std::size_t i) { return one.values[i] == kOpen; };
        if (std::any_of(tests.begin(), tests.end(), is_open)) some.push_back(&one);
    }
    return some;
}

// What could not be answered is not so.
void Search::State::close(Candidate& one, const std::vector<std::size_t>& tests) {
    for (auto i : tests) {
        if (one.values[i] == kOpen) one.values[i] = kFalse;
    }
    settle(one);
}

Result<> Search::State::ask_summaries() {
    auto all = open_with(summary_tests);
    for (std::span<Candidate*> rest(all); !rest.empty();) {
        auto some = take_some(rest);
        auto records = view.account().summaries(emails_of(some));
        CHECK(records.size() == some.size());
        for (std::size_t i = 0; i < some.size(); ++i) {
            if (records[i]) {
                ask_summary(*some[i], records[i]->view);
            } else if (!means_unreadable(records[i].error())) {
                return std::unexpected(std::move(records[i]).error());
            }
            close(*some[i], summary_tests);
        }
    }
    return {};
}

void Search::State::ask_summary(Candidate& one, const message::SummaryView& summary) {
    std::optional<std::string> subject;
    bool needs_headers = false;
    for (auto i : summary_tests) {
        auto& value = one.values[i];
        std::visit(
            Overloaded{
                [&](const test::Subject&) {
                    if (!subject) subject = message::normal_form(summary.subject());
                    value = value_of(contains(*subject, normals.at(i)));
                },
                [&](const test::SentBefore& t) {
                    auto sent = summary.sent();
                    DateTime date{sent.value_or(0), summary.sent_zone()};
                    value = value_of(sent && date.local_day() < t.day);
                },
                [&](const test::HasSentDate&) { value = value_of(summary.sent().has_value()); },
                [&](const test::Header&) { needs_headers = true; }, [](const auto&) {}},
            criteria.tests[i]);
    }
    if (needs_headers) ask_headers(one, summary.header());
}

// One pass over the fields for all tests.
void Search::State::ask_headers(Candidate& one, std::string_view header) {
    message::FieldReader fields(header);
    while (auto field = fields.next()) {
        auto asked = header_tests.find(field->name);
        if (asked == header_tests.end()) continue;
        auto normal =
            message::normal_form(message::decode_encoded_words(message::unfold(field->value)));
        for (auto i : asked->second) {
            if (contains(normal, normals.at(i))) one.values[i] = kTrue;
        }
    }
}

Result<> Search::State::ask_threads() {
    for (auto* one : open_with(thread_tests)) {
        auto thread = view.account().thread(one->email);
        if (!thread && !means_unreadable(thread.error()))
            return std::unexpected(std::move(thread).error());
        for (auto i : thread_tests) {
            auto& wanted = std::get<test::InThread>(criteria.tests[i]);
            one->values[i] = value_of(thread && *thread == wanted.id);
        }
        settle(*one);
    }
    return {};
}

Result<> Search::State::ask_signatures() {
    bool is_blind = true;
    for (auto& needle : needles) is_blind &= needle.query.is_blind();
    if (is_blind) return {};
    auto some = open_with(text_tests);
    if (some.empty()) return {};
    auto signatures = TRY(view.account().signatures(emails_of(some)));
    CHECK(signatures.size() == some.size());
    for (std::size_t i = 0; i < some.size(); ++i) {
        for (auto& needle : needles) {
            if (!needle.query.may_match(signatures[i])) some[i]->values[needle.test] = kFalse;
        }
        settle(*some[i]);
    }
    return {};
}

// False when the message cannot be read.
Result<bool> Search::State::open_scan(Candidate& one) {
    scan = std::make_unique<Scan>();
    auto opened = [&]() -> Result<> {
        scan->summary = TRY(view.account().summary(one.email));
        scan->parts = TRY(scan->summary.view.parts());
        scan->source = TRY(view.account().body(one.email));
        return {};
    }();
    if (!opened) {
        if (means_unreadable(opened.error())) return false;
        return std::unexpected(std::move(opened).error());
    }
    auto which = SearchText::Which::Bodies;
    for (auto& needle : needles) {
        if (one.values[needle.test] != kOpen) continue;
        scan->wanted.push_back(&needle);
        scan->longest = std::max(scan->longest, needle.normal.size());
        if (needle.also_headers) which = SearchText::Which::Everything;
    }
    scan->text.emplace(scan->summary.view.header(), scan->parts, *scan->source, which);
    ++scanned;
    return true;
}

void Search::State::look_at(const SearchText::Piece& piece) {
    auto& one = batch[next];
    auto& tail = scan->tail;
    if (piece.is_start) tail.clear();
    // What spans two pieces is found in the few bytes around the seam.
    auto reach = scan->longest - 1;
    std::string seam = tail;
    seam += piece.normal.substr(0, reach);
    std::erase_if(scan->wanted, [&](const Needle* needle) {
        if (piece.is_header && !needle->also_headers) return false;
        bool is_there = (!tail.empty() && contains(seam, needle->normal)) ||
                        contains(piece.normal, needle->normal);
        if (is_there) one.values[needle->test] = kTrue;
        return is_there;
    });
    tail += piece.normal.size() > reach ? piece.normal.substr(piece.normal.size() - reach)
                                        : piece.normal;
    if (tail.size() > reach) tail.erase(0, tail.size() - reach);
}

// Scans on until the batch is decided (true) or the time is over.
Result<bool> Search::State::scan_some(const Clock& clock, Tick deadline) {
    for (; next < batch.size(); ++next) {
        auto& one = batch[next];
        if (one.value != kOpen) continue;
        if (!scan && !TRY(open_scan(one))) scan->wanted.clear();
        while (!scan->wanted.empty()) {
            auto piece = scan->text->read();
            if (!piece && !means_unreadable(piece.error()))
                return std::unexpected(std::move(piece).error());
            if (!piece || piece->is_end) break;
            look_at(*piece);
            if (clock.tick() >= deadline) return false;
        }
        scan.reset();
        close(one, text_tests);
    }
    return true;
}

void Search::State::collect() {
    for (auto& one : batch) {
        CHECK(one.value != kOpen);
        if (one.value != kTrue) continue;
        found.uids.add(one.uid);
        found.seqs.add(one.seq);
        if (found.count++ == 0) found.first = one.modseq;
        found.last = one.modseq;
        found.highest = std::max(found.highest, one.modseq);
    }
    batch.clear();
    in_batch = false;
}

Search::Search(View& view, Criteria criteria)
    : state_(std::make_unique<State>(view, std::move(criteria))) {}
Search::~Search() = default;

Result<Search::Step> Search::step(const Clock& clock, std::chrono::milliseconds budget) {
    auto& s = *state_;
    auto deadline = clock.tick() + budget;
    while (s.in_batch || !s.left.is_empty()) {
        if (!s.in_batch) {
            TRY(s.load_batch());
            TRY(s.ask_summaries());
            TRY(s.ask_threads());
            TRY(s.ask_signatures());
        }
        if (!TRY(s.scan_some(clock, deadline))) return Step::More;
        s.collect();
        if (clock.tick() >= deadline) return s.left.is_empty() ? Step::Done : Step::More;
    }
    return Step::Done;
}

const Found& Search::found() const { return state_->found; }
std::uint64_t Search::scanned() const { return state_->scanned; }

}  // namespace rook::mailbox
