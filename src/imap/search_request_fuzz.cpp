// Any bytes as the arguments of SEARCH: what comes out leaves exactly one value.
#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"
#include "imap/search.h"

using namespace rook;
using namespace rook::imap;
namespace test = mailbox::test;

// A test is a variant of some 80 bytes, and "1 " is one.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 300, .total_times = 800})) {
    Args args(text);
    const auto request = read_search_request(args);
    if (!request) return;
    CHECK(args.at_end());
    std::size_t values = 0;
    for (auto& one : request->criteria.tests) {
        std::size_t takes = 0;
        if (auto* all = std::get_if<test::And>(&one)) takes = all->of;
        if (auto* any = std::get_if<test::Or>(&one)) takes = any->of;
        if (std::holds_alternative<test::Not>(one)) takes = 1;
        CHECK(values >= takes);
        values = values - takes + 1;
        if (auto* in = std::get_if<test::Text>(&one)) CHECK(is_valid_utf8(in->text));
    }
    CHECK(values == 1 || request->criteria.tests.empty());
    for (auto& set : request->sets)
        CHECK(set.test == SearchRequest::kNarrows || set.test < request->criteria.tests.size());
    (void)mailbox::check(request->criteria);
    (void)request->criteria.reads();
}
