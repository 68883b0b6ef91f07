#include "mailbox/sweep.h"

#include <map>
#include <utility>
#include <vector>

#include "base/codec.h"
#include "mailbox/keys.h"
#include "mailbox/records.h"

namespace rook::mailbox {
namespace {

using store::Table;

constexpr std::size_t kBatch = 1024 * 1024;

Result<std::vector<std::string>> keys_between(const store::Store& store, AccountId account,
                                              Table table, const std::string& from,
                                              const std::string& to) {
    std::vector<std::string> found;
    TRY(store.scan(account, table, from, to, [&](auto key, auto) {
        found.emplace_back(key);
        return true;
    }));
    return found;
}

std::string staged_prefix(char kind) { return std::string{keys::kStaged, kind}; }
std::string staged_end(char kind) {
    return std::string{keys::kStaged, static_cast<char>(kind + 1)};
}

// Takes the page's entries out of their emails, and the page away.
Result<> undo_page(store::Store& store, AccountId account, std::uint64_t mailbox,
                   const Page& page) {
    std::vector<std::string> wanted;
    for (auto& e : page.entries) wanted.push_back(keys::email(e.email));
    const auto values = TRY(store.find_many(account, Table::Records, wanted));
    std::map<std::string, EmailRecord> emails;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (!values[i]) continue;
        auto [found, is_new] = emails.try_emplace(wanted[i]);
        if (is_new) {
            const auto payload = TRY(unseal(wanted[i], *values[i], kValueVersion)).payload;
            found->second = TRY(decode_email(payload));
        }
        std::erase(found->second.places, Place{mailbox, page.entries[i].uid});
    }
    store::Batch batch;
    for (auto& [key, record] : emails) {
        batch.put(Table::Records, key, sealed(kValueVersion, key, encode(record)));
    }
    batch.erase(Table::Records, keys::page(mailbox, page.low));
    batch.mark_freeing();
    return store.commit(account, std::move(batch));
}

Result<> undo_copy(store::Store& store, AccountId account, std::string_view key,
                   std::string_view payload) {
    Reader in(key.substr(2));
    const auto mailbox = in.u64();
    const Uid first{in.u32()};
    const auto count = Reader(payload).varint();
    if (in.failed() || count > 0xFFFFFFFF - first.v) {
        return fail(Why::Corrupt, "Stored data is damaged", "staged copy");
    }
    const Uid end{first.v + static_cast<std::uint32_t>(count)};
    for (auto& page_key : TRY(keys_between(store, account, Table::Records,
                                           keys::page(mailbox, first), keys::page(mailbox, end)))) {
        const Uid low{Reader(std::string_view(page_key).substr(9)).u32()};
        if (TRY(store.find(account, Table::Records, keys::index(mailbox, low)))) continue;
        const auto value = TRY(store.find(account, Table::Records, page_key));
        if (!value) continue;
        const auto bytes = TRY(unseal(page_key, *value, kValueVersion)).payload;
        const auto page = TRY(decode_page(bytes, account, low));
        TRY(undo_page(store, account, mailbox, page));
    }
    store::Batch done;
    done.erase(Table::Records, key);
    return store.commit(account, std::move(done));
}

}  // namespace

Result<> sweep_staged_emails(store::Store& store, AccountId account) {
    const auto kind = keys::kStagedEmail;
    for (auto& key :
         TRY(keys_between(store, account, Table::Records, staged_prefix(kind), staged_end(kind)))) {
        Reader in(std::string_view(key).substr(2));
        const auto email = keys::read_email(in);
        store::Batch batch;
        for (auto& chunk : TRY(keys_between(store, account, Table::Bodies, keys::body(email, 0),
                                            keys::body(EmailId{email.account, email.n + 1}, 0)))) {
            batch.erase(Table::Bodies, chunk);
            if (batch.bytes() > kBatch) TRY(store.commit(account, std::exchange(batch, {})));
        }
        batch.erase(Table::Records, key);
        TRY(store.commit(account, std::move(batch)));
    }
    return {};
}

Result<> sweep_staged_copies(store::Store& store, AccountId account) {
    const auto kind = keys::kStagedCopy;
    std::vector<std::pair<std::string, std::string>> marks;
    TRY(store.scan(account, Table::Records, staged_prefix(kind), staged_end(kind),
                   [&](auto key, auto value) {
                       marks.emplace_back(key, value);
                       return true;
                   }));
    for (auto& [key, value] : marks) {
        const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
        TRY(undo_copy(store, account, key, payload));
    }
    return {};
}

}  // namespace rook::mailbox
