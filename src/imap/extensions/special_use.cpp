// SPECIAL-USE and CREATE-SPECIAL-USE (RFC 6154): which mailbox is for drafts, sent mail and so on.
// CREATE's USE is read in commands/create.cpp.
#include "imap/command_list.h"

namespace rook::imap::extensions {

namespace {

constexpr ListSelection list_selections[] = {
    {"SPECIAL-USE", [](ListRequest& list) { list.select_special_use = true; }}};

constexpr ListReturn list_returns[] = {{"SPECIAL-USE", [](wire::Args&, ListRequest& list) {
                                            list.return_special_use = true;
                                            return Result<>{};
                                        }}};

}  // namespace

extern const Extension special_use{
    .name = "SPECIAL-USE",
    .rfc = "6154",
    .capability = "SPECIAL-USE CREATE-SPECIAL-USE",
    .list_selections = list_selections,
    .list_returns = list_returns,
};

}  // namespace rook::imap::extensions
