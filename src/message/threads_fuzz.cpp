// Any bytes as a subject, and as lists of message ids.
#include "message/threads.h"

#include <set>

#include "base/check.h"
#include "base/fuzzing.h"
#include "base/utf8.h"

using namespace rook;
using namespace rook::message;

FUZZ(text) {
    const auto subject = to_valid_utf8(text);
    const auto base = base_subject(subject);
    CHECK(base.size() <= subject.size() && is_valid_utf8(base));
    (void)is_reply_or_forward(subject);
    CHECK(first_message_id(text).size() <= text.size());
    const auto half = text.size() / 2;
    const auto ids = thread_references(text.substr(0, half), text.substr(half));
    CHECK(ids.size() <= kMostReferences);
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
}
