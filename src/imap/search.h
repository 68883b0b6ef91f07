// SEARCH's sockets: keys and return options, which extensions add to (RFC 9051 6.4.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "imap/command.h"
#include "mailbox/criteria.h"

namespace rook::imap {

// SEARCH as asked.
struct SearchRequest {
    // What sets stand for is filled in by resolve().
    mailbox::Criteria criteria;
    struct Set {
        std::size_t test;  // of criteria.tests; kNarrows: all matches must be in it
        NumberSet numbers;
        By by;
    };
    static constexpr std::size_t kNarrows = SIZE_MAX;
    std::vector<Set> sets;

    std::string charset;
    bool is_charset_known = true;

    bool has_return = false;  // RETURN (...) was there
    bool wants_min = false, wants_max = false, wants_all = false, wants_count = false;
    bool saves = false;
    bool uses_modseq = false;

    // For keys: adds one test, which is one value.
    void add(mailbox::Criterion one) { criteria.tests.push_back(std::move(one)); }
    void add_not(mailbox::Criterion one) {
        add(std::move(one));
        add(mailbox::test::Not{});
    }
    // Reads a text in the command's charset: UTF-8.
    Result<std::string> text(Args&) const;
};

struct SearchKey {
    std::string_view name;
    // Reads the key's arguments, with the blank before them, and adds one value to the request.
    Result<> (*parse)(Args&, SearchRequest&) = nullptr;
};

struct SearchReturn {
    std::string_view name;
    Result<> (*parse)(Args&, SearchRequest&) = nullptr;
};

// The keys of RFC 3501 and 9051 themselves (search_keys.cpp).
std::span<const SearchKey> base_search_keys();
// Reads return options, charset and keys, to the end.
Result<SearchRequest> read_search_request(Args&);
// Puts what numbers mean now in their places. Numbers that there are none of match nothing.
Result<> resolve(Session&, SearchRequest&);

}  // namespace rook::imap
