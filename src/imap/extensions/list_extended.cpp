// LIST-EXTENDED (RFC 5258), LIST-STATUS (RFC 5819), CHILDREN (RFC 3348): what LIST selects by and
// tells.
#include "imap/command_list.h"

namespace rook::imap::extensions {

namespace {

constexpr ListSelection list_selections[] = {
    {"SUBSCRIBED", [](ListRequest& list) { list.select_subscribed = true; }},
    // Every mailbox is on this server: REMOTE asks for no more than there is.
    {"REMOTE", [](ListRequest&) {}},
    {"RECURSIVEMATCH", [](ListRequest& list) { list.recursive_match = true; }},
};

constexpr ListReturn list_returns[] = {
    {"SUBSCRIBED",
     [](wire::Args&, ListRequest& list) {
         list.return_subscribed = true;
         return Result<>{};
     }},
    // Told always.
    {"CHILDREN", [](wire::Args&, ListRequest&) { return Result<>{}; }},
    {"STATUS",
     [](wire::Args& args, ListRequest& list) -> Result<> {
         TRY(args.space());
         list.status = TRY(read_status_items(args));
         return {};
     }},
};

}  // namespace

extern const Extension list_extended{
    .name = "LIST-EXTENDED",
    .rfc = "5258",
    .capability = "LIST-EXTENDED LIST-STATUS CHILDREN",
    .list_selections = list_selections,
    .list_returns = list_returns,
};

}  // namespace rook::imap::extensions
