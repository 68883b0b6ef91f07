// What threading and SORT read from a header: base subjects and message ids.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rook::message {

// RFC 5256 2.1. `subject` is decoded UTF-8, unfolded.
std::string base_subject(std::string_view subject);
// Whether the subject was an answer or a forward (RFC 5256 3, REFERENCES step 5).
bool is_reply_or_forward(std::string_view subject);

// The first id without its <>; a value without <> is one as it is. Empty when there is none.
std::string first_message_id(std::string_view value);

// The ids of References and then In-Reply-To (RFC 5256 3, REFERENCES step 1), oldest first, no id
// twice. Of too many the first, which began the thread, and the last ones.
constexpr std::size_t kMostReferences = 50;
std::vector<std::string> thread_references(std::string_view references,
                                           std::string_view in_reply_to);

}  // namespace rook::message
