// What several verbs need.
//
// Threads: any.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "admin/verb.h"

namespace rook::admin {

// NotFound, with the address in the sentence.
Result<directory::AccountPtr> find_account(const Services&, std::string_view address);
Result<mailbox::AccountPtr> open_mail(const Services&, std::string_view address);

// "imap", "pop3" and so on. BadSyntax for an unknown one; all for none.
Result<directory::Protocols> read_protocols(const std::vector<std::string>&);
Json protocol_names(directory::Protocols);

// "2026-01-31T12:00:00Z".
std::string time_text(std::int64_t seconds);

// Does `each` for every text and goes on after a failure. When something failed the error says for
// which and why (the reason is the first's); else the answer is {"done": how many}.
template <class Each>
Result<Json> for_all(const std::vector<std::string>& texts, const Each& each);

Result<Json> summed_up(std::size_t done, std::vector<std::pair<std::string, Error>> failed);

template <class Each>
Result<Json> for_all(const std::vector<std::string>& texts, const Each& each) {
    std::vector<std::pair<std::string, Error>> failed;
    for (auto& text : texts) {
        Result<> done = each(text);
        if (!done) failed.emplace_back(text, done.error());
    }
    return summed_up(texts.size(), std::move(failed));
}

}  // namespace rook::admin
