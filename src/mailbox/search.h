// A search of a mailbox, in slices.
//
// Cheapest first: what the entries say decides most messages without a read; then Summaries, in
// batches; then signatures; and only what is still open has its text scanned. Substring semantics
// over the normal form exactly (message/compare_text.h): a signature only ever spares a scan. A
// message that is damaged or freed matches no test that reads it.
//
// Threads: one at a time, the view's. The view must not tell news meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "mailbox/criteria.h"
#include "mailbox/types.h"
#include "mailbox/view.h"

namespace rook::mailbox {

struct Found {
    UidSet uids;
    SeqSet seqs;  // the same messages
    std::uint64_t count = 0;
    ModSeq highest, first, last;  // modseqs: the highest, and of the first and the last match
};

class Search {
public:
    // `view` lives longer; `criteria` must have passed check().
    Search(View& view, Criteria criteria);
    ~Search();

    enum class Step : std::uint8_t { Done, More };
    // Works for about `budget`, at least a little. Io, Busy: the search is over, without a result.
    Result<Step> step(const Clock&, std::chrono::milliseconds budget);
    // After Done.
    const Found& found() const;
    // How many messages had their text scanned: for the log and for tests.
    std::uint64_t scanned() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace rook::mailbox
