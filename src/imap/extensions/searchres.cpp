// SEARCHRES (RFC 5182): a search's result is kept, and "$" stands for it (Session::resolve).
#include "imap/command_list.h"
#include "imap/search.h"

namespace rook::imap::extensions {

namespace {

constexpr SearchReturn search_returns[] = {{"SAVE", [](wire::Args&, SearchRequest& request) {
                                                request.saves = true;
                                                return Result<>{};
                                            }}};

}  // namespace

extern const Extension searchres{
    .name = "SEARCHRES",
    .rfc = "5182",
    .capability = "SEARCHRES",
    .search_returns = search_returns,
};

}  // namespace rook::imap::extensions
