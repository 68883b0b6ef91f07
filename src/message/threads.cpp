#include "message/threads.h"

#include <algorithm>

#include "base/ascii.h"

namespace rook::message {
namespace {

std::string_view skip_spaces(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    return text;
}

// subj-blob = "[" *BLOBCHAR "]" *WSP: how long it is, or 0.
std::size_t blob_size(std::string_view text) {
    if (!text.starts_with('[')) return 0;
    auto end = text.find_first_of("[]", 1);
    if (end == text.npos || text[end] == '[') return 0;
    return text.size() - skip_spaces(text.substr(end + 1)).size();
}

// subj-refwd = ("re" / ("fw" ["d"])) *WSP [subj-blob] ":"
std::size_t refwd_size(std::string_view text) {
    std::size_t at = istarts_with(text, "fwd")                              ? 3
                     : istarts_with(text, "fw") || istarts_with(text, "re") ? 2
                                                                            : 0;
    if (at == 0) return 0;
    auto rest = skip_spaces(text.substr(at));
    rest.remove_prefix(blob_size(rest));
    return rest.starts_with(':') ? text.size() - rest.size() + 1 : 0;
}

// Steps 3 to 5. Linear: blobs that no refwd follows are passed once, not once for each.
std::string_view strip_leaders(std::string_view text, bool& is_answer) {
    for (;;) {
        text = skip_spaces(text);
        auto rest = text, last_blob = text;
        while (auto size = blob_size(rest)) {
            last_blob = rest;
            rest.remove_prefix(size);
        }
        if (auto size = refwd_size(rest)) {
            text = rest.substr(size);
            is_answer = true;
            continue;
        }
        // Step 4: a blob goes only when something is left.
        return rest.empty() ? last_blob : rest;
    }
}

std::string_view strip_trailers(std::string_view text, bool& is_answer) {
    for (;;) {
        if (text.ends_with(' ')) {
            text.remove_suffix(1);
        } else if (text.size() >= 5 && iequals(text.substr(text.size() - 5), "(fwd)")) {
            text.remove_suffix(5);
            is_answer = true;
        } else {
            return text;
        }
    }
}

std::string strip(std::string_view subject, bool& is_answer) {
    std::string folded;  // step 1
    for (char c : subject) {
        if (c == '\t' || c == '\r' || c == '\n') c = ' ';
        if (c != ' ' || !folded.ends_with(' ')) folded += c;
    }
    std::string_view text = folded;
    for (;;) {
        text = strip_trailers(text, is_answer);
        text = strip_leaders(text, is_answer);
        if (!istarts_with(text, "[fwd:") || !text.ends_with(']')) return std::string(text);
        text = text.substr(5, text.size() - 6);
        is_answer = true;
    }
}

// Every "<...>" without white space in it.
std::vector<std::string_view> ids_in(std::string_view value) {
    std::vector<std::string_view> ids;
    while (!value.empty()) {
        auto begin = value.find('<');
        if (begin == value.npos) break;
        auto end = value.find_first_of("<>", begin + 1);
        if (end == value.npos) break;
        if (value[end] == '>' && end > begin + 1)
            ids.push_back(value.substr(begin + 1, end - begin - 1));
        value.remove_prefix(value[end] == '>' ? end + 1 : end);
    }
    return ids;
}

// Folding may have put white space into an id.
std::string clean_id(std::string_view id) {
    std::string out;
    for (char c : id) {
        if (!is_space(c) && c != '\0') out += c;
    }
    return out;
}

}  // namespace

std::string base_subject(std::string_view subject) {
    bool is_answer = false;
    return strip(subject, is_answer);
}

bool is_reply_or_forward(std::string_view subject) {
    bool is_answer = false;
    strip(subject, is_answer);
    return is_answer;
}

std::string first_message_id(std::string_view value) {
    auto ids = ids_in(value);
    if (!ids.empty()) return clean_id(ids.front());
    value = trim(value);
    auto word = value.substr(0, value.find_first_of(" \t\r\n"));
    return clean_id(word.substr(std::min(word.find_first_not_of('<'), word.size())));
}

std::vector<std::string> thread_references(std::string_view references,
                                           std::string_view in_reply_to) {
    auto ids = ids_in(references);
    auto answered = ids_in(in_reply_to);
    // In-Reply-To may hold anything in <>, addresses too; its first id is the one that counts.
    if (!answered.empty()) ids.push_back(answered.front());
    // Take the newest ones and the first, then put them back in order.
    std::vector<std::string> newest;
    auto has = [&](const std::string& id) {
        return std::find(newest.begin(), newest.end(), id) != newest.end();
    };
    for (std::size_t i = ids.size(); i-- > 1 && newest.size() < kMostReferences - 1;) {
        auto id = clean_id(ids[i]);
        if (!id.empty() && !has(id)) newest.push_back(std::move(id));
    }
    if (!ids.empty()) {
        auto first = clean_id(ids.front());
        std::erase(newest, first);
        if (!first.empty()) newest.push_back(std::move(first));
    }
    std::reverse(newest.begin(), newest.end());
    return newest;
}

}  // namespace rook::message
