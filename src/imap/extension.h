// An extension as rows: what it adds to commands that are there already (docs: README.md).
//
// The rows' own types are beside the commands that offer the socket: fetch.h, search.h, store.h,
// select.h, list.h, status.h.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "imap/feature.h"
#include "imap/fetch.h"
#include "imap/list.h"
#include "imap/search.h"
#include "imap/select.h"
#include "imap/status.h"
#include "imap/store.h"

namespace rook::imap {

// ENABLE NAME (RFC 5161).
struct EnableName {
    std::string_view name;
    Feature feature;
};

struct CapabilityInput;

struct Extension {
    std::string_view name;  // for people and tests
    std::string_view rfc;
    // What CAPABILITY says: words, several set apart by blanks.
    std::string_view capability = {};
    // The same where it depends on something; "" for nothing.
    std::string (*make_capability)(const CapabilityInput&) = nullptr;
    // Said before login too.
    bool is_for_strangers = false;
    std::span<const EnableName> enable = {};
    std::span<const FetchItem> fetch_items = {};
    std::span<const FetchModifier> fetch_modifiers = {};
    std::span<const SearchKey> search_keys = {};
    std::span<const SearchReturn> search_returns = {};
    std::span<const StoreModifier> store_modifiers = {};
    std::span<const SelectParameter> select_parameters = {};
    std::span<const SelectAnswer> select_answers = {};
    std::span<const StatusItem> status_items = {};
    std::span<const ListSelection> list_selections = {};
    std::span<const ListReturn> list_returns = {};
};

}  // namespace rook::imap
