// The walk over everything that is stored (accounts.h, check): every record's checksum and meaning,
// and that they agree with one another.
#include <fmt/format.h>

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/codec.h"
#include "mailbox/accounts_impl.h"
#include "mailbox/body.h"
#include "mailbox/keys.h"
#include "mailbox/names.h"
#include "mailbox/repair.h"

namespace rook::mailbox {

using store::Table;

namespace {

std::string said(const Error& e) { return e.detail.empty() ? e.said : e.detail; }

class AccountCheck {
public:
    AccountCheck(AccountsImpl& accounts, AccountId id)
        : accounts_(accounts), store_(accounts.services().store), id_(id) {}

    // A slice: all small records, some emails, or the signatures; true while there is more.
    Result<bool> step() {
        if (!std::exchange(has_begun_, true)) {
            if (auto read = read_records(); !read) return begin_shown(read.error());
            check_records();
            next_ = emails_.begin();
            return true;
        }
        const auto until = report_.emails + kEmailsAStep;
        read_ = 0;
        auto is_enough = [&] { return report_.emails == until || read_ > kBytesAStep; };
        for (; next_shown_ != shown_.end(); ++next_shown_) {
            if (is_enough()) return true;
            check_shown(next_shown_->first, next_shown_->second);
        }
        if (is_partly_read_) return false;
        for (; next_ != emails_.end(); ++next_) {
            if (is_enough()) return true;
            check_email(next_->first, next_->second);
        }
        TRY(check_strangers());
        return false;
    }
    // Of the emails, which are most of the work: from 0 to kParts.
    std::uint64_t part_done() const {
        return emails_.empty() || !has_begun_ ? 0 : report_.emails * kParts / emails_.size();
    }
    static constexpr std::uint64_t kParts = 1000;
    CheckReport& report() { return report_; }

private:
    static constexpr std::uint64_t kEmailsAStep = 256, kBytesAStep = 8 << 20;
    struct Box {
        std::string name;
        bool has_properties = false, has_counters = false, is_doomed = false;
        std::uint64_t expunged = 0;  // DoomedRecord
        std::size_t keywords = kMaxKeywords;
        Counters counters, counted;
        std::map<Uid, PageInfo> index;  // what no page was found for
        Uid last;
        std::map<Uid, Page> unknown;          // pages that the index does not name
        std::map<Uid, std::uint32_t> staged;  // of copies under way: the first UID, how many
    };

    void problem(std::string what) { report_.problems.push_back({id_, std::move(what)}); }
    std::string name_of(std::uint64_t n) {
        auto& box = boxes_[n];
        return box.name.empty() ? fmt::format("mailbox {}", n) : "mailbox " + box.name;
    }

    // Each row with its payload, if it is whole; otherwise a problem.
    template <class Each>
    Result<> each_row(Table table, const Each& each) {
        return store_.scan(id_, table, {}, {}, [&](auto key, auto value) {
            auto unsealed = unseal(key, value, kValueVersion);
            if (!unsealed) {
                problem(fmt::format("record {}: {}", keys::to_text(key), unsealed.error().detail));
            } else if (auto outcome = each(key, unsealed->payload); !outcome) {
                problem(fmt::format("record {}: {}", keys::to_text(key), outcome.error().detail));
            }
            return true;
        });
    }

    // In one scan, so that what is compared is one state, whatever is written meanwhile. The order
    // of the letters is this walk's: what an entry is compared with comes before the pages.
    Result<> read_records() {
        static_assert(keys::kAccount < keys::kPage && keys::kEmail < keys::kPage &&
                      keys::kIndex < keys::kPage && keys::kCounters < keys::kPage &&
                      keys::kProperties < keys::kPage && keys::kDoomed < keys::kPage);
        return each_row(Table::Records, [&](auto key, auto payload) -> Result<> {
            Reader in(key.substr(1));
            switch (key[0]) {
                case keys::kFormat:
                    has_format_ = true;
                    return {};
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
                case keys::kDoomed: {
                    auto& box = boxes_[in.u64()];
                    box.is_doomed = true;
                    box.expunged = TRY(decode_doomed(payload)).expunged;
                    return {};
                }
                case keys::kPage: {
                    const auto n = in.u64();
                    return take_page(n, Uid{in.u32()}, payload);
                }
                case keys::kStaged: {
                    const auto kind = in.u8();
                    if (kind == keys::kRepairing) problem("its repair was cut off");
                    if (kind != keys::kStagedCopy) return {};
                    const auto n = in.u64();
                    const Uid first{in.u32()};
                    boxes_[n].staged[first] = static_cast<std::uint32_t>(Reader(payload).varint());
                    return {};
                }
                case keys::kEmail: {
                    const auto email = keys::read_email(in);
                    auto& record = emails_[email] = TRY(decode_email(payload));
                    if (record.places.empty() && record.freed_at == 0) {
                        problem(fmt::format("email {}: in no mailbox", to_text(email)));
                    }
                    return {};
                }
                case keys::kFree: {
                    const auto at = static_cast<std::int64_t>(in.u64());
                    const auto email = keys::read_email(in);
                    TRY(decode_freed(payload));
                    freed_.emplace(email, at);
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
        auto& box = boxes_[n];
        box.name = std::move(properties.name);
        box.has_properties = true;
        box.keywords = properties.keywords->size();
        if (!names_.insert(box.name).second) problem(name_of(n) + ": there is another");
        return {};
    }

    Result<> take_page(std::uint64_t n, Uid low, std::string_view payload) {
        auto& box = boxes_[n];
        auto page = TRY(decode_page(payload, id_, low));
        if (box.expunged != 0) {
            const auto where = fmt::format("expunged {}: page {}", n, low.v);
            for (auto& e : page.entries) check_entry(box.expunged, box, e, where);
            return {};
        }
        auto known = box.index.find(low);
        if (known == box.index.end()) {
            box.unknown.emplace(low, std::move(page));
            return {};
        }
        const auto where = fmt::format("{}: page {}", name_of(n), low.v);
        if (known->second != rook::mailbox::info_of(page)) {
            problem(where + ": the index says otherwise");
        }
        box.index.erase(known);
        for (auto& e : page.entries) check_entry(n, box, e, where);
        return {};
    }

    void check_records() {
        for (auto& [n, box] : boxes_) {
            if (box.has_properties && box.has_counters) ++report_.mailboxes;
            for (auto& [low, info] : box.index) {
                problem(fmt::format("{}: page {} is missing or damaged", name_of(n), low.v));
            }
            for (auto& [low, page] : box.unknown) check_unknown_page(n, box, low, page);
            check_sums(n, box);
        }
        if (!names_.contains(kInbox)) problem("there is no INBOX");
        if (!account_ || !has_format_) {
            problem("the account's own record is missing");
        } else {
            check_account_sums();
        }
    }

    // Of a copy that is being made, or that a crash ended, the pages are there before the index.
    void check_unknown_page(std::uint64_t n, const Box& box, Uid low, const Page& page) {
        auto copy = box.staged.upper_bound(low);
        const bool is_staged = copy != box.staged.begin() &&
                               low.v - std::prev(copy)->first.v < std::prev(copy)->second;
        if (!is_staged) {
            problem(fmt::format("{}: page {}: not in the index", name_of(n), low.v));
            return;
        }
        for (auto& e : page.entries) {
            auto found = emails_.find(e.email);
            if (found != emails_.end()) std::erase(found->second.places, Place{n, e.uid});
        }
    }

    void check_entry(std::uint64_t n, Box& box, const Entry& e, const std::string& where) {
        ++report_.entries;
        if (e.uid <= box.last) problem(fmt::format("{}: uid {} out of order", where, e.uid.v));
        box.last = e.uid;
        box.counted.add(e);
        if (box.keywords < kMaxKeywords && e.keywords >> box.keywords != 0) {
            problem(fmt::format("{}: uid {}: a keyword without a name", where, e.uid.v));
        }
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
        if (account_ && a.highest_modseq > account_->modseq)
            problem(name_of(n) + ": modseq ahead of the account");
    }

    void check_account_sums() {
        std::uint64_t messages = 0, bytes = 0;
        for (auto& [n, box] : boxes_) {
            if (box.is_doomed) continue;
            messages += box.counted.messages;
            bytes += box.counted.size;
        }
        if (messages != account_->messages || bytes != account_->bytes) {
            problem("quota: counted use does not match the entries");
        }
        report_.bytes += bytes;
    }

    void check_email(EmailId email, const EmailRecord& record) {
        ++report_.emails;
        const auto name = to_text(email);
        for (auto& place : record.places) {
            problem(fmt::format("email {}: not in {} uid {}", name, name_of(place.mailbox),
                                place.uid.v));
        }
        check_freed(email, record, name);
        const auto before = report_.problems.size();
        check_summary(email, name);
        check_body(email, record, name);
        // Read after the records: it may have been erased since.
        if (report_.problems.size() > before && is_gone(email)) report_.problems.resize(before);
    }

    bool is_gone(EmailId email) const {
        auto found = store_.find(id_, Table::Records, keys::email(email));
        return found && !*found;
    }

    void check_summary(EmailId email, const std::string& name) {
        auto summary = load_summaries(store_, id_, {email});
        if (!summary[0]) {
            problem(fmt::format("email {}: summary: {}", name, said(summary[0].error())));
        } else if (auto view = message::SummaryView::open(**summary[0]); !view) {
            problem(fmt::format("email {}: summary: {}", name, said(view.error())));
        }
    }

    // An email without an entry waits on the free list, or nothing would ever take it away.
    void check_freed(EmailId email, const EmailRecord& record, const std::string& name) {
        if (record.freed_at != 0 && !freed_.contains({email, record.freed_at})) {
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
        read_ += (*body)->size();
    }

    // Where the records end in damage, they cannot be compared. What clients are shown is found as
    // clients find it, and read as they would: each email that is hurt is named all the same.
    Result<bool> begin_shown(const Error& error) {
        if (error.why != Why::Corrupt) return std::unexpected(error);
        problem("not read: " + said(error));
        is_partly_read_ = true;
        auto account = accounts_.open(id_);
        if (!account) {
            problem("not opened: " + said(account.error()));
            return false;
        }
        for (auto& box : (*account)->mailboxes()) list_shown(**account, box);
        next_shown_ = shown_.begin();
        return true;
    }

    void list_shown(Account& account, const MailboxInfo& box) {
        const auto where = "mailbox " + box.name;
        auto view = account.select(box.id, Account::Access::ReadOnly, {});
        if (!view) return problem(fmt::format("{}: {}", where, said(view.error())));
        ++report_.mailboxes;
        // One by one: behind a page that cannot be read there are others.
        std::string last;
        for (std::uint32_t n = 1; n <= (*view)->count(); ++n) {
            auto listed = list_entry(**view, Seq{n}, where);
            auto what = listed ? "" : said(listed.error());
            if (!listed && what != last) problem(fmt::format("{}: {}", where, what));
            last = std::move(what);
        }
    }

    Result<> list_entry(View& view, Seq seq, const std::string& where) {
        const auto uid = TRY(view.uid(seq));
        if (!uid) return {};
        UidSet one;
        one.add(*uid, *uid);
        return view.walk(one, [&](const View::Item& item) {
            ++report_.entries;
            shown_.try_emplace(item.entry.email, fmt::format("{} uid {}", where, uid->v));
            return true;
        });
    }

    void check_shown(EmailId email, const std::string& where) {
        ++report_.emails;
        const auto name = fmt::format("{} ({})", to_text(email), where);
        const auto record = load_email(email);
        if (!record) problem(fmt::format("email {}: {}", name, said(record.error())));
        check_summary(email, name);
        if (record) check_body(email, *record, name);
    }

    Result<EmailRecord> load_email(EmailId email) {
        const auto key = keys::email(email);
        const auto value = TRY(store_.find(id_, Table::Records, key));
        if (!value) return fail(Why::Corrupt, "it is missing");
        return decode_email(TRY(unseal(key, *value, kValueVersion)).payload);
    }

    Result<> check_strangers() {
        TRY(each_row(Table::Signatures, [&](auto key, auto) -> Result<> {
            check_stranger("signature", key);
            return {};
        }));
        return store_.scan(id_, Table::Summaries, {}, {}, [&](auto key, auto) {
            check_stranger("summary", key);
            return true;
        });
    }

    // An email that came since the records were read is no stranger.
    void check_stranger(std::string_view what, std::string_view key) {
        Reader in(key.substr(1));
        const auto email = keys::read_email(in);
        if (!emails_.contains(email) && is_gone(email)) {
            problem(fmt::format("{} without email {}", what, to_text(email)));
        }
    }

    AccountsImpl& accounts_;
    const store::Store& store_;
    const AccountId id_;
    CheckReport report_;
    bool has_format_ = false;
    std::optional<AccountRecord> account_;
    std::map<std::uint64_t, Box> boxes_;
    std::set<std::string, std::less<>> names_;
    std::map<EmailId, EmailRecord> emails_;
    std::set<std::pair<EmailId, std::int64_t>> freed_;
    bool has_begun_ = false, is_partly_read_ = false;
    std::map<EmailId, EmailRecord>::const_iterator next_;
    std::map<EmailId, std::string> shown_;  // and where
    std::map<EmailId, std::string>::const_iterator next_shown_ = shown_.begin();
    std::uint64_t read_ = 0;  // bytes of bodies, in this step
};

}  // namespace

class CheckingImpl final : public Checking {
public:
    CheckingImpl(AccountsImpl& accounts, std::vector<directory::AccountPtr> all,
                 Accounts::Then then)
        : accounts_(accounts), all_(std::move(all)), then_(then) {}

    Result<bool> step() override {
        if (report_.accounts == all_.size()) {
            TRY(accounts_.check_unknown_accounts(report_));
            return false;
        }
        const auto id = all_[report_.accounts]->id;
        if (!account_) account_.emplace(accounts_, id);
        auto more = account_->step();
        if (!more && more.error().why != Why::Corrupt) return std::unexpected(more.error());
        if (!more) account_->report().problems.push_back({id, "not read: " + said(more.error())});
        if (more && *more) return true;
        const auto one = std::move(account_->report());
        account_.reset();
        if (then_ == Accounts::Then::Repair && !one.problems.empty() && repaired_ != id) {
            repaired_ = id;
            return repair(id);
        }
        ++report_.accounts;
        // One that was removed meanwhile is half there.
        const bool is_known = one.problems.empty() || TRY(accounts_.services().directory.find(id));
        add(one, is_known);
        return true;
    }
    std::uint64_t done() const override {
        return report_.accounts * AccountCheck::kParts + (account_ ? account_->part_done() : 0);
    }
    std::uint64_t all() const override { return all_.size() * AccountCheck::kParts; }
    const CheckReport& report() const override { return report_; }

private:
    // Then it is walked once more, which finds what could not be repaired.
    Result<bool> repair(AccountId id) {
        auto& services = accounts_.services();
        auto said_so = repair_account(services.store, id, services.clock.seconds());
        services.cache.erase_account(id);
        if (said_so) {
            services.log.warning("account-repaired", {{"account", id.v}});
            for (auto& what : *said_so) report_.repaired.push_back({id, std::move(what)});
        } else if (said_so.error().why == Why::Corrupt || said_so.error().why == Why::Unsupported) {
            report_.repaired.push_back({id, "left as it is: " + said(said_so.error())});
        } else {
            return std::unexpected(said_so.error());
        }
        return true;
    }

    void add(const CheckReport& one, bool is_known) {
        report_.mailboxes += one.mailboxes;
        report_.entries += one.entries;
        report_.emails += one.emails;
        report_.bytes += one.bytes;
        auto& problems = report_.problems;
        if (is_known) problems.insert(problems.end(), one.problems.begin(), one.problems.end());
    }

    AccountsImpl& accounts_;
    const std::vector<directory::AccountPtr> all_;
    const Accounts::Then then_;
    CheckReport report_;
    std::optional<AccountCheck> account_;
    AccountId repaired_;  // the last that was
};

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

Result<std::unique_ptr<Checking>> AccountsImpl::begin_check(Then then) {
    return std::make_unique<CheckingImpl>(*this, TRY(services_.directory.accounts()), then);
}

Result<CheckReport> Accounts::check(Then then) {
    auto checking = TRY(begin_check(then));
    while (TRY(checking->step())) {
    }
    return checking->report();
}

}  // namespace rook::mailbox
