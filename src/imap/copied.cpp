#include "imap/copied.h"

#include <fmt/core.h>

namespace rook::imap {

namespace {

// In the order given, so that the two lists match; runs become ranges.
std::string uid_list(const std::vector<Uid>& uids) {
    std::string out;
    for (std::size_t i = 0; i < uids.size();) {
        std::size_t end = i + 1;
        while (end < uids.size() && uids[end].v == uids[end - 1].v + 1) ++end;
        if (!out.empty()) out += ',';
        out += std::to_string(uids[i].v);
        if (end - i > 1) out.append(":").append(std::to_string(uids[end - 1].v));
        i = end;
    }
    return out;
}

}  // namespace

Result<CopyRequest> read_copy(Args& args, By by) {
    CopyRequest request{by, {}, {}};
    request.set = TRY(args.number_set());
    TRY(args.space());
    request.target = TRY(args.mailbox());
    TRY(args.end());
    return request;
}

Result<> all_gone(By by) {
    if (by == By::Seq) return fail(Why::Gone, "Those messages are gone");
    return {};
}

std::string copyuid(const mailbox::CopiedUids& copied) {
    if (copied.sources.empty()) return {};
    return fmt::format("COPYUID {} {} {}", copied.uidvalidity, uid_list(copied.sources),
                       uid_list(copied.targets));
}

}  // namespace rook::imap
