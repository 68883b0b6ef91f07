#include "power/power_watch.h"

#include <fmt/format.h>

#include <set>

#include "mailbox/keys.h"

namespace rook::power {
namespace {

using store::Table;
namespace keys = mailbox::keys;

std::string said(const Error& error) { return error.said + " (" + error.detail + ")"; }

// Calls `each` with every mailbox of every account.
template <class Each>
Result<> each_mailbox(Ground& ground, const Each& each) {
    for (auto& one : TRY(ground.directory().accounts())) {
        auto account = TRY(ground.accounts().open(one->id));
        for (auto& info : account->mailboxes()) each(info);
    }
    return {};
}

// What an email has in other tables is there because of its E record; nothing is half done.
class Leftovers {
public:
    Leftovers(const store::Store& store, AccountId id, Tidied tidied)
        : store_(store), id_(id), tidied_(tidied) {}

    Result<> look(Complaints& found) {
        TRY(scan(Table::Records, [&](auto key) {
            if (key[0] == keys::kStaged) found.push_back("a staged message or copy was not swept");
            if (tidied_ == Tidied::Yes && key[0] == keys::kDoomed) {
                found.push_back("entries that are gone were not taken out of their emails");
            }
            if (tidied_ == Tidied::Yes && key[0] == keys::kFree) {
                found.push_back("an expunged email was not freed");
            }
            if (key[0] == keys::kEmail) emails_.insert(std::string(key.substr(1, 16)));
        }));
        for (auto table : {Table::Bodies, Table::Summaries, Table::Signatures}) {
            TRY(scan(table, [&](auto key) {
                if (emails_.contains(std::string(key.substr(1, 16)))) return;
                found.push_back(
                    fmt::format("a piece of an email that nobody has in table {}", int(table)));
            }));
        }
        return {};
    }

private:
    Result<> scan(Table table, const std::function<void(std::string_view)>& each) {
        return store_.scan(id_, table, {}, {}, [&](auto key, auto) {
            each(key);
            return true;
        });
    }

    const store::Store& store_;
    const AccountId id_;
    const Tidied tidied_;
    std::set<std::string> emails_;
};

Result<> look_for_leftovers(Ground& ground, const store::Store& store, Tidied tidied,
                            Complaints& found) {
    for (auto id : TRY(store.accounts())) {
        if (id == kDirectoryAccount) continue;
        if (!TRY(ground.directory().find(id))) {
            found.push_back("records of an account that nobody knows");
            continue;
        }
        TRY(Leftovers(store, id, tidied).look(found));
    }
    return {};
}

}  // namespace

void Watch::note_shown(Ground& ground) {
    // What cannot be read is shown to nobody.
    (void)each_mailbox(ground, [&](const mailbox::MailboxInfo& info) {
        shown_[info.id] = {info.uidvalidity, info.uidnext.v, info.highest_modseq.v};
        uidvalidities_[{info.id.account, info.uidvalidity}] = info.id;
    });
}

Complaints Watch::check_shown(Ground& ground) const {
    Complaints found;
    auto done = each_mailbox(ground, [&](const mailbox::MailboxInfo& info) {
        const auto known = uidvalidities_.find({info.id.account, info.uidvalidity});
        if (known != uidvalidities_.end() && known->second != info.id) {
            found.push_back(info.name + ": the UIDVALIDITY of another mailbox");
        }
        const auto shown = shown_.find(info.id);
        if (shown == shown_.end()) return;
        const auto& before = shown->second;
        if (info.uidvalidity != before.uidvalidity) {
            found.push_back(fmt::format("{}: UIDVALIDITY was {} and is {}", info.name,
                                        before.uidvalidity, info.uidvalidity));
        }
        if (info.uidnext.v < before.uidnext) {
            found.push_back(fmt::format("{}: UIDs come again: the next was {} and is {}", info.name,
                                        before.uidnext, info.uidnext.v));
        }
        if (info.highest_modseq.v < before.highest_modseq) {
            found.push_back(fmt::format("{}: the mod-sequence went from {} to {}", info.name,
                                        before.highest_modseq, info.highest_modseq.v));
        }
    });
    if (!done) found.push_back("mailboxes cannot be read: " + said(done.error()));
    return found;
}

Complaints tidy(Ground& ground) {
    for (int i = 0; i < 1000; ++i) {
        auto is_more = ground.accounts().tidy();
        if (!is_more) return {"tidying failed: " + said(is_more.error())};
        if (!*is_more) return {};
    }
    return {"tidying does not end"};
}

Complaints check_stored(Ground& ground, const store::Store& store, Tidied tidied) {
    Complaints found;
    auto report = ground.accounts().check();
    if (!report) return {"a check failed: " + said(report.error())};
    for (auto& problem : report->problems) found.push_back("check: " + problem.what);
    auto looked = look_for_leftovers(ground, store, tidied, found);
    if (!looked) found.push_back("a look at what is left failed: " + said(looked.error()));
    return found;
}

}  // namespace rook::power
