// Random operations by several sessions against a naive model, with restarts.
// ROOKERY_MODEL_OPERATIONS and ROOKERY_MODEL_SEED ask for more and for others; a failure names its
// seed and step.
#include <cstdlib>
#include <set>

#include "base/ascii.h"
#include "mailbox/test_support.h"

namespace rook::mailbox {
namespace {

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text ? parse_number<std::uint64_t>(text).value_or(otherwise) : otherwise;
}

struct Message {
    Flags flags = 0;
    std::set<std::string> keywords;
    std::uint64_t modseq = 0;
    EmailId email;
    std::uint32_t size = 0;
};
struct Box {
    std::string name;
    std::map<std::uint32_t, Message> messages;
    std::uint32_t uidnext = 1;
    std::uint64_t modseq = 0;
    UidSet expunged;  // ever
};

std::set<std::string> names_of(Keywords bits, const KeywordNames& names) {
    std::set<std::string> out;
    for (std::size_t i = 0; i < names->size(); ++i) {
        if (bits >> i & 1) out.insert((*names)[i]);
    }
    return out;
}

// What a client knows: it believes what it is told and nothing else.
struct Client {
    struct Known {
        std::uint32_t uid = 0;
        Flags flags = 0;
        Keywords keywords = 0;
        std::uint64_t modseq = 0;  // of the flags that it knows
        std::uint64_t told = 0;    // of the last flags that news() told
        bool is_fetched = false;
    };
    std::unique_ptr<View> view;
    std::uint64_t mailbox = 0;
    std::vector<Known> list;
    std::size_t keywords = 0;  // names told
};

class ModelTest : public MailboxTest {
protected:
    ModelTest() {
        limits_.view_queue = 60;  // so that some overflow
        limits_.page_cache_bytes = 16 * 64 * 1024;
        restart();
        boxes_[inbox_.n].name = "INBOX";
        for (auto* name : {"Archive", "Work"}) {
            const auto id =
                account_->find(name) ? account_->find(name)->id : *account_->create(name);
            boxes_[id.n].name = name;
        }
        for (auto& [n, box] : boxes_) box.modseq = info(n).highest_modseq.v;
    }

    std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_->below(n)); }
    MailboxId id(std::uint64_t n) const { return {id_, n}; }
    MailboxInfo info(std::uint64_t n) { return *account_->find(id(n)); }
    std::uint64_t some_box() {
        auto box = boxes_.begin();
        std::advance(box, below(static_cast<std::uint32_t>(boxes_.size())));
        return box->first;
    }
    // Some of the mailbox's UIDs, and some that it has not.
    UidSet some_uids(const Box& box) {
        UidSet set;
        for (auto ranges = below(3) + 1; ranges > 0; --ranges) {
            const auto first = below(box.uidnext + 2) + 1;
            set.add(Uid{first}, Uid{first + below(below(4) == 0 ? 100 : 3)});
        }
        return set;
    }
    FlagList some_flags() {
        FlagList list{.flags = static_cast<Flags>(below(32)), .keywords = {}};
        static const char* const kNames[] = {"$Forwarded", "work", "Later", "x", "$MDNSent"};
        for (auto n = below(3); n > 0; --n) list.keywords.emplace_back(kNames[below(5)]);
        return list;
    }
    static std::set<std::string> set_of(const FlagList& list) {
        return {list.keywords.begin(), list.keywords.end()};
    }

    // After a change of the mailbox: its modseq has risen; gives the new one.
    std::uint64_t moved_on(std::uint64_t n) {
        const auto now = info(n).highest_modseq.v;
        EXPECT_GT(now, boxes_[n].modseq);
        return boxes_[n].modseq = now;
    }
    void put(std::uint64_t n, std::uint32_t uid, Message message) {
        auto& box = boxes_[n];
        ASSERT_EQ(uid, box.uidnext) << "UIDs rise by one";
        box.uidnext = uid + 1;
        box.messages[uid] = std::move(message);
    }

    void add_some() {
        const auto n = some_box();
        const auto flags = some_flags();
        const auto bytes = mail(std::to_string(step_));
        auto added = try_add(id(n), bytes, flags);
        ASSERT_TRUE(added) << added.error().said;
        put(n, added->uid.v,
            {flags.flags, set_of(flags), moved_on(n), added->email,
             static_cast<std::uint32_t>(bytes.size())});
    }

    void set_some_flags() {
        auto* client = below(2) ? &clients_[below(kClients)] : nullptr;
        const auto n = client && client->view ? client->mailbox : some_box();
        auto& box = boxes_[n];
        const auto wanted = some_uids(box);
        FlagEdit edit{static_cast<FlagEdit::How>(below(3)), some_flags(), {}, 0};
        if (below(4) == 0)
            edit.unchanged_since =
                ModSeq{box.modseq - std::min<std::uint64_t>(box.modseq, below(20))};
        if (client && client->view) edit.origin = client->view->origin();
        const auto result = account_->set_flags(id(n), wanted, edit);
        ASSERT_TRUE(result) << result.error().said;
        std::string modified, gone;
        bool has_changed = false;
        for (auto& range : wanted) {
            for (auto uid = range.first.v; uid <= range.last.v; ++uid) {
                auto found = box.messages.find(uid);
                if (found == box.messages.end()) {
                    EXPECT_EQ(result->gone.contains(Uid{uid}), uid < box.uidnext) << uid;
                    continue;
                }
                EXPECT_FALSE(result->gone.contains(Uid{uid}));
                auto& m = found->second;
                const bool is_refused = edit.unchanged_since && m.modseq > edit.unchanged_since->v;
                EXPECT_EQ(result->modified.contains(Uid{uid}), is_refused);
                if (!is_refused) has_changed |= apply(edit, m);
            }
        }
        if (has_changed) {
            const auto modseq = moved_on(n);
            for (auto& [uid, m] : box.messages) {
                if (m.modseq == 0) m.modseq = modseq;
            }
        }
        for (auto& e : result->entries) compare(e, n, box.messages.at(e.uid.v));
        if (client && client->view) {
            for (auto& e : result->entries) learn(*client, e);
        }
    }
    // Marks what it changes with modseq 0.
    static bool apply(const FlagEdit& edit, Message& m) {
        auto now = m;
        const auto names = set_of(edit.flags);
        switch (edit.how) {
            case FlagEdit::How::Replace:
                now.flags = edit.flags.flags;
                now.keywords = names;
                break;
            case FlagEdit::How::Add:
                now.flags |= edit.flags.flags;
                now.keywords.insert(names.begin(), names.end());
                break;
            case FlagEdit::How::Remove:
                now.flags &= static_cast<Flags>(~edit.flags.flags);
                for (auto& name : names) now.keywords.erase(name);
                break;
        }
        if (now.flags == m.flags && now.keywords == m.keywords) return false;
        m = now;
        m.modseq = 0;
        return true;
    }

    void expunge_some() {
        const auto n = some_box();
        auto& box = boxes_[n];
        const auto which = below(3) ? Account::Which::All : Account::Which::OnlyDeleted;
        std::optional<UidSet> wanted = some_uids(box);
        if (which == Account::Which::OnlyDeleted && below(2)) wanted.reset();
        const auto before = ModSeq{box.modseq};
        const auto result = account_->expunge(id(n), wanted, which);
        ASSERT_TRUE(result) << result.error().said;
        UidSet expected;
        for (auto& [uid, m] : box.messages) {
            if (wanted && !wanted->contains(Uid{uid})) continue;
            if (which == Account::Which::All || (m.flags & kDeleted)) expected.add(Uid{uid});
        }
        EXPECT_EQ(result->to_text(), expected.to_text());
        forget(n, expected);
        if (expected.is_empty()) return;
        moved_on(n);
        EXPECT_EQ((*account_->expunged_since(id(n), before))->to_text(), expected.to_text());
    }
    void forget(std::uint64_t n, const UidSet& gone) {
        auto& box = boxes_[n];
        for (auto& range : gone) {
            for (auto uid = range.first.v; uid <= range.last.v; ++uid) box.messages.erase(uid);
            box.expunged.add(range.first, range.last);
        }
    }

    void copy_or_move_some() {
        const auto from = some_box(), to = some_box();
        const auto wanted = some_uids(boxes_[from]);
        const bool is_move = below(2);
        const auto result = is_move ? account_->move(id(from), wanted, id(to))
                                    : account_->copy(id(from), wanted, id(to));
        ASSERT_TRUE(result) << result.error().said;
        std::vector<std::uint32_t> sources;
        for (auto& [uid, m] : boxes_[from].messages) {
            if (wanted.contains(Uid{uid})) sources.push_back(uid);
        }
        ASSERT_EQ(result->sources.size(), sources.size());
        if (sources.empty()) return;
        const auto modseq = moved_on(to);
        UidSet gone;
        for (std::size_t i = 0; i < sources.size(); ++i) {
            ASSERT_EQ(result->sources[i].v, sources[i]);
            auto message = boxes_[from].messages[sources[i]];
            message.modseq = modseq;
            put(to, result->targets[i].v, std::move(message));
            gone.add(Uid{sources[i]});
        }
        if (!is_move) return;
        forget(from, gone);
        if (from != to) moved_on(from);
    }

    void compare(const Entry& e, std::uint64_t n, const Message& m) {
        EXPECT_EQ(e.flags, m.flags) << e.uid.v;
        EXPECT_EQ(names_of(e.keywords, info(n).keyword_names), m.keywords) << e.uid.v;
        EXPECT_EQ(e.modseq.v, m.modseq) << e.uid.v;
        EXPECT_EQ(e.email, m.email) << e.uid.v;
        EXPECT_EQ(e.size, m.size) << e.uid.v;
    }

    // --- clients ---
    static void learn(Client& client, const Entry& e) {
        for (auto& known : client.list) {
            if (known.uid != e.uid.v || e.modseq.v < known.modseq) continue;
            known.flags = e.flags;
            known.keywords = e.keywords;
            known.modseq = e.modseq.v;
        }
    }
    void fetch(Client& client, std::uint32_t from) {
        SeqSet seqs;
        if (client.view->count() < from) return;
        seqs.add(Seq{from}, Seq{client.view->count()});
        const auto set = *client.view->uids(seqs);
        ASSERT_EQ(set.count(), client.view->count() - from + 1);
        for (auto& range : set) {
            for (auto uid = range.first.v; uid <= range.last.v; ++uid) {
                client.list.push_back({});
                client.list.back().uid = uid;
                client.list.back().is_fetched = true;
            }
        }
        ASSERT_TRUE(client.view->walk(set, [&](const View::Item& item) {
            learn(client, item.entry);
            return true;
        }));
    }
    void select_some(Client& client) {
        client.view.reset();
        client.mailbox = some_box();
        client.list.clear();
        client.view = select(id(client.mailbox), {},
                             below(4) ? Account::Access::ReadWrite : Account::Access::ReadOnly);
        client.keywords = client.view->keyword_names()->size();
        fetch(client, 1);
    }
    void hear(Client& client, Tell tell) {
        const auto all = client.view->news(tell);
        auto count = static_cast<std::uint32_t>(client.list.size());
        for (auto& one : all) {
            if (auto* exists = std::get_if<Exists>(&one)) {
                ASSERT_GE(exists->count, count);
                while (client.list.size() < exists->count) client.list.push_back({});
                count = exists->count;
                EXPECT_LE(exists->recent, exists->count);
            } else if (auto* flags = std::get_if<NewFlags>(&one)) {
                ASSERT_LE(flags->seq.v, client.list.size());
                auto& known = client.list[flags->seq.v - 1];
                if (known.uid == 0) known.uid = flags->entry.uid.v;
                ASSERT_EQ(known.uid, flags->entry.uid.v) << "seq " << flags->seq.v;
                EXPECT_GT(flags->entry.modseq.v, known.told) << "told twice: " << known.uid;
                known.told = flags->entry.modseq.v;
                learn(client, flags->entry);
                EXPECT_EQ(flags->entry.keywords >> client.keywords, 0u)
                    << "a keyword not told before";
            } else if (auto* gone = std::get_if<Vanished>(&one)) {
                ASSERT_EQ(tell, Tell::Everything);
                ASSERT_LE(gone->seq.v, client.list.size());
                const auto uid = client.list[gone->seq.v - 1].uid;
                if (uid != 0) ASSERT_EQ(uid, gone->uid.v) << "seq " << gone->seq.v;
                client.list.erase(client.list.begin() + (gone->seq.v - 1));
                --count;
            } else if (auto* names = std::get_if<NewKeywords>(&one)) {
                EXPECT_GT(names->names->size(), client.keywords);
                client.keywords = names->names->size();
            } else {
                ADD_FAILURE() << "gone";
            }
        }
        ASSERT_EQ(client.view->count(), client.list.size());
        fill(client);
        if (tell == Tell::Everything) {
            EXPECT_FALSE(client.view->has_news());
            compare_all(client);
        }
    }
    // Asks for what it has a number of and no more.
    void fill(Client& client) {
        for (std::uint32_t i = 0; i < client.list.size(); ++i) {
            if (client.list[i].is_fetched) continue;
            client.list[i].is_fetched = true;
            const auto uid = *client.view->uid(Seq{i + 1});
            ASSERT_TRUE(uid) << i + 1;
            client.list[i].uid = uid->v;
            ASSERT_TRUE(client.view->walk(UidSet(*uid), [&](const View::Item& item) {
                EXPECT_EQ(item.seq.v, i + 1);
                learn(client, item.entry);
                return true;
            }));
        }
    }
    // In step: what the client was told is what there is.
    void compare_all(Client& client) {
        auto& box = boxes_[client.mailbox];
        ASSERT_EQ(client.list.size(), box.messages.size());
        EXPECT_EQ(client.view->uidnext().v, box.uidnext);
        EXPECT_EQ(client.view->highest_modseq().v, box.modseq);
        const auto names = client.view->keyword_names();
        std::size_t i = 0;
        for (auto& [uid, m] : box.messages) {
            auto& known = client.list[i++];
            ASSERT_EQ(known.uid, uid);
            EXPECT_EQ(known.flags, m.flags) << uid;
            EXPECT_EQ(names_of(known.keywords, names), m.keywords) << uid;
            EXPECT_EQ(known.modseq, m.modseq) << uid;
        }
    }
    // Not in step: its numbers are still its own, ghosts and all.
    void look(Client& client) {
        auto& box = boxes_[client.mailbox];
        std::size_t i = 0;
        UidSet everything;
        everything.add(Uid{1}, Uid{kStar});
        ASSERT_TRUE(client.view->walk(everything, [&](const View::Item& item) {
            EXPECT_EQ(item.seq.v, i + 1);
            if (i >= client.list.size()) return false;
            EXPECT_EQ(item.entry.uid.v, client.list[i++].uid);
            auto there = box.messages.find(item.entry.uid.v);
            EXPECT_EQ(item.is_gone, there == box.messages.end());
            if (!item.is_gone) compare(item.entry, client.mailbox, there->second);
            return true;
        }));
        ASSERT_EQ(i, client.list.size());
        if (i == 0) return;
        const auto at = below(static_cast<std::uint32_t>(i));
        EXPECT_EQ((*client.view->seq(Uid{client.list[at].uid}))->v, at + 1);
        EXPECT_EQ((*client.view->uid(Seq{at + 1}))->v, client.list[at].uid);
        EXPECT_EQ(client.view->last_uid().v, client.list.back().uid);
        const auto wanted = some_uids(box);
        UidSet expected;
        SeqSet expected_seqs;
        for (std::uint32_t k = 0; k < client.list.size(); ++k) {
            if (!wanted.contains(Uid{client.list[k].uid})) continue;
            expected.add(Uid{client.list[k].uid});
            expected_seqs.add(Seq{k + 1});
        }
        EXPECT_EQ(client.view->existing(wanted)->to_text(), expected.to_text());
        EXPECT_EQ(client.view->seqs(wanted)->to_text(), expected_seqs.to_text());
        EXPECT_EQ(client.view->uids(expected_seqs)->to_text(), expected.to_text());
    }

    void compare_mailboxes() {
        std::uint64_t bytes = 0, messages = 0;
        for (auto& [n, box] : boxes_) {
            const auto now = info(n);
            std::uint32_t unseen = 0, deleted = 0;
            std::uint64_t size = 0;
            for (auto& [uid, m] : box.messages) {
                unseen += !(m.flags & kSeen);
                deleted += (m.flags & kDeleted) != 0;
                size += m.size;
            }
            EXPECT_EQ(now.name, box.name);
            EXPECT_EQ(now.messages, box.messages.size());
            EXPECT_EQ(now.unseen, unseen);
            EXPECT_EQ(now.deleted, deleted);
            EXPECT_EQ(now.size, size);
            EXPECT_EQ(now.uidnext.v, box.uidnext);
            EXPECT_EQ(now.highest_modseq.v, box.modseq);
            bytes += size;
            messages += box.messages.size();
        }
        EXPECT_EQ(account_->quota().bytes, bytes);
        EXPECT_EQ(account_->quota().messages, messages);
    }
    void rename_some() {
        const auto n = some_box();
        if (n == inbox_.n) return;
        const auto name = "Box" + std::to_string(step_);
        ASSERT_TRUE(account_->rename(boxes_[n].name, name));
        boxes_[n].name = name;
    }
    void start_again() {
        for (auto& client : clients_) client.view.reset();
        restart();
        check();
        for (auto& client : clients_) select_some(client);
    }
    void tidy_some() {
        clock_.advance(std::chrono::hours(below(24)));
        const auto more = accounts_->tidy();
        EXPECT_TRUE(more) << more.error().said;
    }

    void one_step() {
        auto& client = clients_[below(kClients)];
        const auto dice = below(1000);
        if (dice < 230) return add_some();
        if (dice < 430) return set_some_flags();
        if (dice < 530) return expunge_some();
        if (dice < 610) return copy_or_move_some();
        if (dice < 740) return hear(client, Tell::NoExpunge);
        if (dice < 860) return hear(client, Tell::Everything);
        if (dice < 960) return look(client);
        if (dice < 980) return select_some(client);
        if (dice < 985) return compare_mailboxes();
        if (dice < 990) return rename_some();
        if (dice < 998) return tidy_some();
        return start_again();
    }

    static constexpr std::size_t kClients = 5;
    std::map<std::uint64_t, Box> boxes_;
    Client clients_[kClients];
    std::uint64_t step_ = 0;
};

TEST_F(ModelTest, RandomOperations) {
    const auto operations = from_environment("ROOKERY_MODEL_OPERATIONS", 100'000);
    const auto seed = from_environment("ROOKERY_MODEL_SEED", 7);
    random_ = make_seeded_random(seed);
    for (auto& client : clients_) select_some(client);
    for (; step_ < operations && !HasFailure(); ++step_) one_step();
    EXPECT_FALSE(HasFailure()) << "seed " << seed << ", step " << step_;
    for (auto& client : clients_) {
        if (client.view) hear(client, Tell::Everything);
    }
    compare_mailboxes();
}

}  // namespace
}  // namespace rook::mailbox
