// Summary records with damage, and any bytes as one: refused, or read without harm.
#include "message/summary.h"

#include "base/check.h"
#include "base/fuzzing.h"
#include "message/parser.h"

using namespace rook;
using namespace rook::message;

namespace {

void read_all(std::string_view record) {
    const auto view = SummaryView::open(record);
    if (!view) return;
    using Role = SummaryView::Role;
    for (auto role : {Role::From, Role::Sender, Role::ReplyTo, Role::To, Role::Cc, Role::Bcc})
        (void)view->addresses(role);
    (void)view->references();
    (void)view->parts();
    CHECK(view->subject().size() + view->header().size() <= record.size());
}

}  // namespace

// See address_fuzz and section_fuzz: small things in a message are large ones in a Summary.
FUZZ_WITHIN(text, (fuzz::Budget{.held_times = 600, .total_times = 2000})) {
    read_all(text);
    fuzz::Input in(text);
    const auto at = in.u16(), to = in.u16();
    auto record = encode(parse(in.rest()));
    CHECK(SummaryView::open(record) && SummaryView::open(record)->parts());
    record[at % record.size()] = static_cast<char>(to);
    read_all(record);
    read_all(std::string_view(record).substr(0, to % record.size()));
}
