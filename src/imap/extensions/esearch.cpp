// ESEARCH (RFC 4731): what of a search's result is wanted.
#include "imap/command_list.h"
#include "imap/search.h"

namespace rook::imap::extensions {

namespace {

template <bool SearchRequest::* kWants>
Result<> wants(wire::Args&, SearchRequest& request) {
    request.*kWants = true;
    return {};
}

constexpr SearchReturn search_returns[] = {
    {"MIN", wants<&SearchRequest::wants_min>},
    {"MAX", wants<&SearchRequest::wants_max>},
    {"ALL", wants<&SearchRequest::wants_all>},
    {"COUNT", wants<&SearchRequest::wants_count>},
};

}  // namespace

extern const Extension esearch{
    .name = "ESEARCH",
    .rfc = "4731",
    .capability = "ESEARCH",
    .search_returns = search_returns,
};

}  // namespace rook::imap::extensions
