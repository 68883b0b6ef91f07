#include "mailbox/threads.h"

#include <openssl/sha.h>

#include <algorithm>
#include <set>

#include "base/codec.h"
#include "mailbox/keys.h"
#include "message/compare_text.h"

namespace rook::mailbox {
namespace {

constexpr std::size_t kHashBytes = 16;

// An id and the subject together: mail that shares only one of the two is not the same
// conversation.
std::string hash_of(std::string_view id, std::string_view subject) {
    std::string text;
    Writer(text).text(id).bytes(subject);
    unsigned char sum[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), sum);
    return std::string(reinterpret_cast<const char*>(sum), kHashBytes);
}

std::vector<std::string> keys_of(const message::Summary& summary) {
    // Mailers keep the words of a subject, not always their case.
    const auto subject = message::normal_form(summary.base_subject);
    std::set<std::string> unique;
    const auto add = [&](const std::string& id) {
        if (!id.empty()) unique.insert(keys::thread(hash_of(id, subject)));
    };
    add(summary.message_id);
    for (auto& id : summary.references) add(id);
    return {unique.begin(), unique.end()};
}

}  // namespace

Result<ThreadId> assign_thread(Txn& txn, EmailId email, const message::Summary& summary) {
    const auto wanted = keys_of(summary);
    const auto found = TRY(txn.core().pending_records(wanted));
    std::optional<ThreadId> thread;
    for (auto& value : found) {
        if (!value) continue;
        Reader in(*value);
        ThreadId one;
        one.account.v = in.varint();
        one.n = in.varint();
        if (in.failed()) return fail(Why::Corrupt, "Stored data is damaged", "thread record");
        // Several threads that this email joins stay apart, as their ids never change: it goes to
        // the oldest.
        if (!thread || one < *thread) thread = one;
    }
    if (!thread) thread = ThreadId{email.account, email.n};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (found[i]) continue;
        std::string payload;
        Writer(payload).varint(thread->account.v).varint(thread->n);
        txn.put(wanted[i], std::move(payload));
    }
    return *thread;
}

}  // namespace rook::mailbox
