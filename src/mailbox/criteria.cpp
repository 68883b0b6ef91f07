#include "mailbox/criteria.h"

#include <algorithm>

namespace rook::mailbox {
namespace {

template <class... F>
struct Overloaded : F... {
    using F::operator()...;
};

const std::string* needle_of(const Criterion& test) {
    return std::visit(Overloaded{[](const test::Header& t) { return &t.text; },
                                 [](const test::Subject& t) { return &t.text; },
                                 [](const test::Body& t) { return &t.text; },
                                 [](const test::Text& t) { return &t.text; },
                                 [](const auto&) -> const std::string* { return nullptr; }},
                      test);
}

}  // namespace

void Criteria::narrow(const UidSet& set) { only = only ? intersection(*only, set) : set; }

Criteria::Reads Criteria::reads() const {
    auto most = Reads::Entries;
    for (auto& one : tests) {
        auto reads =
            std::visit(Overloaded{[](const test::Body&) { return Reads::Bodies; },
                                  [](const test::Text&) { return Reads::Bodies; },
                                  [](const test::Header&) { return Reads::Summaries; },
                                  [](const test::Subject&) { return Reads::Summaries; },
                                  [](const test::SentBefore&) { return Reads::Summaries; },
                                  [](const test::HasSentDate&) { return Reads::Summaries; },
                                  [](const test::InThread&) { return Reads::Summaries; },
                                  [](const auto&) { return Reads::Entries; }},
                       one);
        most = std::max(most, reads);
    }
    return most;
}

Result<> check(const Criteria& criteria) {
    if (criteria.tests.size() > kMaxTests) return fail(Why::Limit, "Too many search keys");
    std::size_t needles = 0, bytes = 0;
    for (auto& one : criteria.tests) {
        if (auto* needle = needle_of(one)) {
            ++needles;
            bytes += needle->size();
        }
    }
    if (needles > kMaxNeedles) return fail(Why::Limit, "Too many texts to search for");
    if (bytes > kMaxNeedleBytes) return fail(Why::Limit, "Texts to search for are too long");
    return {};
}

UidSet intersection(const UidSet& a, const UidSet& b) {
    UidSet both;
    auto i = a.begin(), j = b.begin();
    while (i != a.end() && j != b.end()) {
        auto first = std::max(i->first, j->first), last = std::min(i->last, j->last);
        if (first <= last) both.add(first, last);
        if (i->last < j->last) {
            ++i;
        } else {
            ++j;
        }
    }
    return both;
}

}  // namespace rook::mailbox
