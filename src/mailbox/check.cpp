// The walk over everything that is stored (accounts.h, check): every record's checksum and meaning,
// and that they agree with one another.
#include <fmt/format.h>

#include <map>

#include "base/codec.h"
#include "mailbox/accounts_impl.h"
#include "mailbox/body.h"
#include "mailbox/keys.h"

namespace rook::mailbox {

using store::Table;

namespace {

std::string said(const Error& e) { return e.detail.empty() ? e.said : e.detail; }

class AccountCheck {
public:
    AccountCheck(const store::Store& store, AccountId id, CheckReport& report)
        : store_(store), id_(id), report_(report) {}

    Result<> run() {
        TRY(read_small_records());
        for (auto& [n, box] : boxes_) {
            if (box.has_properties && box.has_counters) ++report_.mailboxes;
            TRY(check_pages(n, box));
            check_sums(n, box);
        }
        check_account_sums();
        TRY(check_emails());
        TRY(check_signatures());
        return {};
    }

private:
    struct Box {
        std::string name;
        bool has_properties = false, has_counters = false, is_doomed = false;
        Counters counters, counted;
        std::map<Uid, PageInfo> index;
    };

    void problem(std::string what) { report_.problems.push_back({id_, std::move(what)}); }
    std::string name_of(std::uint64_t n) {
        auto& box = boxes_[n];
        return box.name.empty() ? fmt::format("mailbox {}", n) : "mailbox " + box.name;
    }

    // Each row with its payload, if it is whole; otherwise a problem.
    template <class Each>
    Result<> each_row(Table table, const std::string& from, const std::string& to,
                      const Each& each) {
        return store_.scan(id_, table, from, to, [&](auto key, auto value) {
            auto unsealed = unseal(key, value, kValueVersion);
            if (!unsealed) {
                problem(fmt::format("record {}: {}", hex(key), unsealed.error().detail));
            } else if (auto outcome = each(key, unsealed->payload); !outcome) {
                problem(fmt::format("record {}: {}", hex(key), outcome.error().detail));
            }
            return true;
        });
    }
    static std::string hex(std::string_view key) {
        std::string out;
        if (!key.empty()) out += key[0];
        for (auto c : key.substr(1)) out += fmt::format("{:02x}", static_cast<unsigned char>(c));
        return out;
    }

    Result<> read_small_records() {
        return each_row(Table::Records, {}, {}, [&](auto key, auto payload) -> Result<> {
            Reader in(key.substr(1));
            switch (key[0]) {
                case keys::kAccount:
                    account_ = TRY(decode_account(payload));
                    return {};
                case keys::kProperties:
                    return take_properties(in.u64(), payload);
                case keys::kCounters: {
                    auto& box = boxes_[in.u64()];
                    box.counters = TRY(decode_counters(payload)).counters;
                    box.has_counters = true;
                    return {};
                }
                case keys::kIndex: {
                    const auto n = in.u64();
                    const Uid low{in.u32()};
                    boxes_[n].index[low] = TRY(decode_page_info(payload, low));
                    return {};
                }
                case keys::kDoomed:
                    boxes_[in.u64()].is_doomed = true;
                    return {};
                case keys::kEmail: {
                    EmailId email;
                    email.account.v = in.u64();
                    email.n = in.u64();
                    auto& record = emails_[email] = TRY(decode_email(payload));
                    if (record.places.empty() && record.freed_at == 0) {
                        problem(fmt::format("email {}: in no mailbox", to_text(email)));
                    }
                    return {};
                }
                case keys::kFree: {
                    const auto at = static_cast<std::int64_t>(in.u64());
                    EmailId email;
                    email.account.v = in.u64();
                    email.n = in.u64();
                    TRY(decode_freed(payload));
                    freed_[email] = at;
                    return {};
                }
                case keys::kChange:
                    TRY(decode_change(payload));
                    return {};
                case keys::kExpunged:
                    TRY(decode_expunged(payload));
                    return {};
                default:
                    return {};
            }
        });
    }

    Result<> take_properties(std::uint64_t n, std::string_view payload) {
        auto properties = TRY(decode_properties(payload));
        boxes_[n].name = std::move(properties.name);
        boxes_[n].has_properties = true;
        return {};
    }

    Result<> check_pages(std::uint64_t n, Box& box) {
        std::map<Uid, PageInfo> missing = box.index;
        Uid last;
        TRY(each_row(Table::Records, keys::page(n, Uid{0}), keys::page(n + 1, Uid{0}),
                     [&](auto key, auto payload) -> Result<> {
                         const Uid low{Reader(key.substr(9)).u32()};
                         const auto page = TRY(decode_page(payload, id_, low));
                         const auto where = fmt::format("{}: page {}", name_of(n), low.v);
                         auto known = missing.find(low);
                         if (known == missing.end()) {
                             problem(where + ": not in the index");
                             return {};
                         }
                         if (known->second != rook::mailbox::info_of(page)) {
                             problem(where + ": the index says otherwise");
                         }
                         missing.erase(known);
                         for (auto& e : page.entries) check_entry(n, box, e, last, where);
                         return {};
                     }));
        for (auto& [low, info] : missing) {
            problem(fmt::format("{}: page {} is missing or damaged", name_of(n), low.v));
        }
        return {};
    }

    void check_entry(std::uint64_t n, Box& box, const Entry& e, Uid& last,
                     const std::string& where) {
        ++report_.entries;
        if (e.uid <= last) problem(fmt::format("{}: uid {} out of order", where, e.uid.v));
        last = e.uid;
        box.counted.add(e);
        if (!box.is_doomed &&
            (e.uid >= box.counters.uidnext || e.modseq > box.counters.highest_modseq)) {
            problem(fmt::format("{}: uid {} is ahead of the mailbox", where, e.uid.v));
        }
        auto found = emails_.find(e.email);
        if (found == emails_.end()) {
            problem(fmt::format("{}: uid {}: its email is missing", where, e.uid.v));
            return;
        }
        auto& places = found->second.places;
        if (std::erase(places, Place{n, e.uid}) == 0) {
            problem(fmt::format("{}: uid {}: its email does not know it", where, e.uid.v));
        }
        if (found->second.size != e.size) {
            problem(fmt::format("{}: uid {}: size differs from its email's", where, e.uid.v));
        }
    }

    void check_sums(std::uint64_t n, const Box& box) {
        if (box.is_doomed) return;
        if (!box.has_properties || !box.has_counters) {
            problem(name_of(n) + ": a record is missing");
            return;
        }
        auto& a = box.counters;
        auto& b = box.counted;
        if (a.messages != b.messages || a.unseen != b.unseen || a.deleted != b.deleted ||
            a.size != b.size || a.deleted_size != b.deleted_size) {
            problem(name_of(n) + ": counters do not match its entries");
        }
        if (a.highest_modseq > account_.modseq)
            problem(name_of(n) + ": modseq ahead of the account");
    }

    void check_account_sums() {
        std::uint64_t messages = 0, bytes = 0;
        for (auto& [n, box] : boxes_) {
            if (box.is_doomed) continue;
            messages += box.counted.messages;
            bytes += box.counted.size;
        }
        if (messages != account_.messages || bytes != account_.bytes) {
            problem("quota: counted use does not match the entries");
        }
        report_.bytes += bytes;
    }

    Result<> check_emails() {
        for (auto& [email, record] : emails_) {
            ++report_.emails;
            const auto name = to_text(email);
            for (auto& place : record.places) {
                problem(fmt::format("email {}: not in {} uid {}", name, name_of(place.mailbox),
                                    place.uid.v));
            }
            auto summary = load_summaries(store_, id_, {email});
            if (!summary[0]) {
                problem(fmt::format("email {}: summary: {}", name, said(summary[0].error())));
            } else if (auto view = message::SummaryView::open(**summary[0]); !view) {
                problem(fmt::format("email {}: summary: {}", name, said(view.error())));
            }
            check_freed(email, record, name);
            check_body(email, record, name);
        }
        return {};
    }

    // An email without an entry waits on the free list, or nothing would ever take it away.
    void check_freed(EmailId email, const EmailRecord& record, const std::string& name) {
        auto found = freed_.find(email);
        if (record.freed_at != 0 && (found == freed_.end() || found->second != record.freed_at)) {
            problem(fmt::format("email {}: not on the free list", name));
        }
    }

    void check_body(EmailId email, const EmailRecord& record, const std::string& name) {
        auto body = open_body(store_, id_, email);
        if (!body) {
            problem(fmt::format("email {}: body: {}", name, said(body.error())));
            return;
        }
        if ((*body)->size() != record.size)
            problem(fmt::format("email {}: body: size differs", name));
        for (std::uint64_t at = 0; at < (*body)->size(); at += kBodyChunk) {
            if (auto piece = (*body)->read(at, kBodyChunk); !piece) {
                problem(fmt::format("email {}: body: {}", name, said(piece.error())));
                return;
            }
        }
    }
    Result<> check_signatures() {
        return each_row(Table::Signatures, {}, {}, [&](auto key, auto) -> Result<> {
            Reader in(key.substr(1));
            EmailId email;
            email.account.v = in.u64();
            email.n = in.u64();
            if (!emails_.contains(email)) problem("signature without email " + to_text(email));
            return {};
        });
    }

    const store::Store& store_;
    const AccountId id_;
    CheckReport& report_;
    AccountRecord account_;
    std::map<std::uint64_t, Box> boxes_;
    std::map<EmailId, EmailRecord> emails_;
    std::map<EmailId, std::int64_t> freed_;
};

}  // namespace

// Of a damaged directory the mail is still there.
Result<> AccountsImpl::check_unknown_accounts(CheckReport& report) {
    const auto all = services_.store.accounts();
    if (!all && all.error().why == Why::Corrupt) {
        report.problems.push_back(
            {kDirectoryAccount, "not all accounts can be found: " + said(all.error())});
        return {};
    }
    if (!all) return std::unexpected(all.error());
    for (auto id : *all) {
        if (id == kDirectoryAccount || TRY(services_.directory.find(id))) continue;
        {
            std::lock_guard lock(mutex_);
            if (creating_.contains(id.v)) continue;
        }
        if (TRY(is_marked(id))) continue;
        report.problems.push_back({id, "no address leads to this account; its mail is kept"});
    }
    return {};
}

Result<CheckReport> AccountsImpl::check(
    const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    CheckReport report;
    const auto accounts = TRY(services_.directory.accounts());
    for (auto& account : accounts) {
        if (progress) progress(report.accounts, accounts.size());
        auto walked = AccountCheck(services_.store, account->id, report).run();
        if (!walked && walked.error().why != Why::Corrupt) return std::unexpected(walked.error());
        if (!walked) report.problems.push_back({account->id, "not read: " + said(walked.error())});
        ++report.accounts;
    }
    TRY(check_unknown_accounts(report));
    if (progress) progress(report.accounts, accounts.size());
    return report;
}

}  // namespace rook::mailbox
