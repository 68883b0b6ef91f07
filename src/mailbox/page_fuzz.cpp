// Pages of entries: any payload is refused, or written again as it was understood.
#include "mailbox/page.h"

#include "base/check.h"
#include "base/fuzzing.h"

using namespace rook;
using namespace rook::mailbox;

FUZZ(text) {
    fuzz::Input in(text);
    const Uid low{in.u16()};
    const AccountId account{in.byte()};
    const auto page = decode_page(in.rest(), account, low);
    if (!page) return;
    CHECK(page->entries.size() <= kPageEntries && page->low == low);
    Uid before{0};
    for (auto& entry : page->entries) {
        CHECK(entry.uid > before && entry.uid >= low);
        before = entry.uid;
        CHECK(page->find(entry.uid) == &entry);
    }
    const auto info = info_of(*page);
    CHECK(info.count == page->entries.size() && info.unseen <= info.count);
    const auto written = encode_page(*page, account);
    const auto again = decode_page(written, account, low);
    CHECK(again && encode_page(*again, account) == written && info_of(*again) == info);
}
