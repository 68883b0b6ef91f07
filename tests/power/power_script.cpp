#include "power/power_script.h"

#include "mailbox/delivery.h"

namespace rook::power {
namespace {

using mailbox::Account;
using mailbox::AccountPtr;
using mailbox::FlagEdit;
using mailbox::FlagList;
using mailbox::kDeleted;
using mailbox::kFlagged;
using mailbox::kSeen;
using mailbox::Target;

UidSet uids(std::uint32_t first, std::uint32_t last) {
    return UidSet::from_unsorted({{Uid{first}, Uid{last}}});
}
constexpr std::uint32_t kAll = 0xFFFFFFFF;
// Pages of a transaction, in a move or an expunge and in a change of flags, times the entries of a
// page.
constexpr std::uint32_t kEntriesATime = 16 * 64, kFlagsATime = 64 * 64;

// Looks up mailboxes by name, as a session does.
struct Use {
    AccountPtr account;
    static Result<Use> of(World& world, const std::string& address) {
        return Use{TRY(world.account(address))};
    }
    Result<MailboxId> box(const std::string& name) const {
        auto found = account->find(name);
        if (!found) return fail(Why::NotFound, "no mailbox " + name);
        return found->id;
    }
};

// Of a script for one account.
class Writer {
public:
    explicit Writer(std::string address) : address_(std::move(address)) {}

    void create_account() {
        add(
            "create account " + address_,
            [a = address_](World& w) -> Result<> {
                if (!TRY(w.directory().has_domain("example.test"))) {
                    TRY(w.directory().add_domain("example.test"));
                }
                directory::Account account;
                account.address = a;
                TRY(w.accounts().create(std::move(account)));
                return {};
            },
            [a = address_](Model& m) { m[a] = make_new_mail(); });
    }

    // In one transaction into each of the mailboxes.
    void append(int content, std::vector<std::string> boxes, FlagList flags = {}) {
        add(
            "append " + std::to_string(content),
            [=, a = address_](World& w) -> Result<> {
                auto use = TRY(Use::of(w, a));
                auto staged = TRY(use.account->stage(0));
                TRY(write(*staged, w.contents().at(content)));
                std::vector<Target> targets;
                for (auto& box : boxes) targets.push_back({TRY(use.box(box)), flags});
                TRY(use.account->add(std::move(staged), targets, std::nullopt));
                return {};
            },
            on_mail([=](Mail& m) {
                Message message{.content = content, .flags = flags.flags, .keywords = {}};
                message.keywords.insert(flags.keywords.begin(), flags.keywords.end());
                for (auto& box : boxes) m.boxes[box].add(message);
            }));
    }

    // A message that is given up before its end.
    void give_up(int content) {
        add(
            "give up " + std::to_string(content),
            [=, a = address_](World& w) -> Result<> {
                auto use = TRY(Use::of(w, a));
                auto staged = TRY(use.account->stage(0));
                return staged->write(w.contents().at(content));
            },
            [](Model&) {});
    }

    void set_flags(std::string box, UidSet set, FlagEdit::How how, FlagList flags) {
        add(
            "flags " + box,
            [=, a = address_](World& w) -> Result<> {
                auto use = TRY(Use::of(w, a));
                const auto box_id = TRY(use.box(box));
                TRY(use.account->set_flags(box_id, set, {how, flags, std::nullopt, 0}));
                return {};
            },
            on_mail([=](Mail& m) { edit(m.boxes[box], uids(1, kAll), set, how, flags); }));
    }
    // With the part that is done first, and the rest.
    void set_many_flags(std::string box, std::uint32_t first_part, FlagList flags) {
        add("many flags " + box, [=, a = address_](World& w) -> Result<> {
            auto use = TRY(Use::of(w, a));
            const auto box_id = TRY(use.box(box));
            TRY(use.account->set_flags(box_id, uids(1, kAll),
                                       {FlagEdit::How::Add, flags, std::nullopt, 0}));
            return {};
        });
        for (auto part : {uids(1, first_part), uids(first_part + 1, kAll)}) {
            part_of_last(on_mail([=](Mail& m) {
                edit(m.boxes[box], part, uids(1, kAll), FlagEdit::How::Add, flags);
            }));
        }
    }

    void copy(std::string from, UidSet set, std::string to) {
        add(
            "copy " + from + " to " + to,
            [=, a = address_](World& w) -> Result<> {
                auto use = TRY(Use::of(w, a));
                const auto source = TRY(use.box(from)), target = TRY(use.box(to));
                TRY(use.account->copy(source, set, target));
                return {};
            },
            on_mail([=](Mail& m) {
                const auto source = m.boxes[from];
                for (auto& [uid, message] : source.messages) {
                    if (set.contains(Uid{uid})) m.boxes[to].add(message);
                }
            }));
    }

    // `total`: entries of the mailbox, whose pages are full: what goes in one transaction is known.
    void move(std::string from, UidSet set, std::string to, std::uint32_t total = 1) {
        add("move " + from + " to " + to, [=, a = address_](World& w) -> Result<> {
            auto use = TRY(Use::of(w, a));
            const auto source = TRY(use.box(from)), target = TRY(use.box(to));
            TRY(use.account->move(source, set, target));
            return {};
        });
        move_parts(from, set, to, total);
    }

    void expunge(std::string box, std::optional<UidSet> set, Account::Which which,
                 std::uint32_t total = 1) {
        add("expunge " + box, [=, a = address_](World& w) -> Result<> {
            auto use = TRY(Use::of(w, a));
            const auto box_id = TRY(use.box(box));
            TRY(use.account->expunge(box_id, set, which));
            return {};
        });
        for (std::uint32_t at = 1; at <= total; at += kEntriesATime) {
            part_of_last(on_mail([=](Mail& m) {
                std::erase_if(m.boxes[box].messages, [&](auto& item) {
                    return item.first >= at && item.first < at + kEntriesATime &&
                           (!set || set->contains(Uid{item.first})) &&
                           (which == Account::Which::All || item.second.flags & kDeleted);
                });
            }));
        }
    }

    // What POP3's QUIT does.
    void quit_pop3(UidSet set) {
        add(
            "POP3 quit",
            [=, a = address_](World& w) -> Result<> {
                auto use = TRY(Use::of(w, a));
                auto maildrop = TRY(use.account->lock_maildrop());
                const auto box_id = TRY(use.box("INBOX"));
                TRY(use.account->expunge(box_id, set, Account::Which::All));
                return {};
            },
            on_mail([=](Mail& m) {
                std::erase_if(m.boxes["INBOX"].messages,
                              [&](auto& item) { return set.contains(Uid{item.first}); });
            }));
    }

    void create(std::string name, std::vector<std::string> made) {
        add("create " + name, on_account([=](Account& account) -> Result<> {
                TRY(account.create(name));
                return {};
            }),
            on_mail([=](Mail& m) {
                for (auto& box : made) m.boxes[box];
            }));
    }
    void rename(std::string from, std::string to) {
        add("rename " + from,
            on_account([=](Account& account) { return account.rename(from, to); }),
            on_mail([=](Mail& m) {
                for (auto& [name, box] : std::map(m.boxes)) {
                    if (name != from && !name.starts_with(from + "/")) continue;
                    m.boxes[to + name.substr(from.size())] = box;
                    m.boxes.erase(name);
                }
            }));
    }
    // The new mailbox first, then the messages (RFC 9051 6.3.6 asks for no more).
    void rename_inbox(std::string to) {
        add("rename INBOX",
            on_account([=](Account& account) { return account.rename("INBOX", to); }),
            on_mail([=](Mail& m) { m.boxes[to]; }));
        move_parts("INBOX", uids(1, kAll), to, 1);
    }
    void remove(std::string name) {
        add("delete " + name, on_account([=](Account& account) { return account.remove(name); }),
            on_mail([=](Mail& m) { m.boxes.erase(name); }));
    }
    void subscribe(std::string name, bool on) {
        add("subscribe " + name,
            on_account([=](Account& account) { return account.subscribe(name, on); }),
            on_mail([=](Mail& m) {
                if (on) m.subscriptions.insert(name);
                if (!on) m.subscriptions.erase(name);
            }));
    }

    // To both, as LMTP does.
    void deliver(int content, std::string other) {
        add(
            "deliver " + std::to_string(content),
            [=, a = address_](World& w) -> Result<> {
                std::vector<mailbox::Delivery::Recipient> recipients;
                for (auto& address : {a, other}) {
                    auto found = TRY(w.directory().find(address));
                    if (!found) return fail(Why::NotFound, "no account");
                    recipients.push_back({address, {found->id}});
                }
                mailbox::Delivery delivery(
                    w.accounts(), w.clock(),
                    {.return_path = "s@example.test", .received = "from here"}, recipients);
                delivery.begin(0);
                TRY(write(delivery, w.contents().at(content)));
                TRY(delivery.finish());
                delivery.commit();
                for (std::size_t i = 0; i < recipients.size(); ++i) TRY(delivery.fate(i));
                return {};
            },
            [=, a = address_](Model& m) {
                for (auto& address : {a, other}) m[address].boxes["INBOX"].add({content, 0, {}});
            });
    }

    Script take() { return std::move(script_); }

private:
    using Run = std::function<Result<>(World&)>;

    void add(std::string name, Run run) {
        script_.push_back({std::move(name), std::move(run), {}});
    }
    void add(std::string name, Run run, Step::Part part) {
        add(std::move(name), std::move(run));
        part_of_last(std::move(part));
    }
    void part_of_last(Step::Part part) { script_.back().parts.push_back(std::move(part)); }

    Run on_account(std::function<Result<>(Account&)> run) {
        return [run = std::move(run), a = address_](World& w) -> Result<> {
            return run(*TRY(w.account(a)));
        };
    }
    Step::Part on_mail(std::function<void(Mail&)> part) {
        return [part = std::move(part), a = address_](Model& m) { part(m[a]); };
    }

    template <class Sink>
    static Result<> write(Sink& sink, std::string_view bytes) {
        // As they come from a connection.
        for (std::size_t at = 0; at < bytes.size(); at += 100'000) {
            TRY(sink.write(bytes.substr(at, 100'000)));
        }
        if constexpr (requires { sink.summary().preview; }) TRY(sink.finish());
        return {};
    }

    void move_parts(std::string from, UidSet set, std::string to, std::uint32_t total) {
        for (std::uint32_t at = 1; at <= total; at += kEntriesATime) {
            part_of_last(on_mail([=](Mail& m) {
                for (auto& [uid, message] : std::map(m.boxes[from].messages)) {
                    const bool is_in_part = total == 1 || (uid >= at && uid < at + kEntriesATime);
                    if (!is_in_part || !set.contains(Uid{uid})) continue;
                    m.boxes[to].add(message);
                    m.boxes[from].messages.erase(uid);
                }
            }));
        }
    }

    static void edit(Box& box, const UidSet& part, const UidSet& set, FlagEdit::How how,
                     const FlagList& flags) {
        for (auto& [uid, m] : box.messages) {
            if (!part.contains(Uid{uid}) || !set.contains(Uid{uid})) continue;
            if (how == FlagEdit::How::Replace) m.keywords.clear();
            if (how == FlagEdit::How::Replace) m.flags = 0;
            if (how != FlagEdit::How::Remove) {
                m.flags |= flags.flags;
                m.keywords.insert(flags.keywords.begin(), flags.keywords.end());
                continue;
            }
            m.flags &= static_cast<mailbox::Flags>(~flags.flags);
            for (auto& keyword : flags.keywords) m.keywords.erase(keyword);
        }
    }

    const std::string address_;
    Script script_;
};

void write_account_steps(Writer& w) {
    w.append(kSmall, {"INBOX"});
    w.append(2, {"INBOX", "Archive"}, {kSeen, {"$Work"}});
    w.append(kBig, {"INBOX"}, {kFlagged, {}});
    w.append(5, {"INBOX"});
    w.set_flags("INBOX", uids(1, 3), FlagEdit::How::Add, {kSeen, {"$Work", "$Later"}});
    w.create("Work/2026", {"Work", "Work/2026"});
    w.copy("INBOX", uids(1, 2), "Work/2026");
    w.move("INBOX", uids(3, 3), "Work/2026");
    w.give_up(kStaged);
    w.set_flags("INBOX", uids(1, 1), FlagEdit::How::Replace, {kDeleted, {}});
    w.expunge("INBOX", std::nullopt, Account::Which::OnlyDeleted);
    w.rename("Work", "Job");
    w.subscribe("Job", true);
    w.rename_inbox("Old");
    w.remove("Job/2026");
    w.append(6, {"INBOX"});
    w.append(7, {"INBOX"});
    w.quit_pop3(uids(1, 5));
    w.set_flags("Old", uids(1, kAll), FlagEdit::How::Remove, {kSeen, {"$Work"}});
    w.subscribe("Trash", false);
    w.move("Old", uids(1, kAll), "Old");
}

template <class... Scripts>
Script join(Script first, Scripts... more) {
    (first.insert(first.end(), more.begin(), more.end()), ...);
    return first;
}

Script make_setup() {
    Writer ann(kAnn), bob(kBob);
    ann.create_account();
    bob.create_account();
    return join(ann.take(), bob.take());
}

}  // namespace

Script make_account_script(const std::string& address) {
    Writer w(address);
    write_account_steps(w);
    return w.take();
}

Script make_short_script() {
    Writer ann(kAnn);
    ann.deliver(8, kBob);
    write_account_steps(ann);
    ann.deliver(kStaged, kBob);
    return join(make_setup(), ann.take());
}

Script make_long_script() {
    Writer ann(kAnn);
    constexpr std::uint32_t kFirst = 9;
    std::uint32_t total = kFirst;
    for (std::uint32_t i = 0; i < kFirst; ++i) ann.append(10 + static_cast<int>(i), {"INBOX"});
    for (; total < 4608; total *= 2) ann.copy("INBOX", uids(1, kAll), "INBOX");
    ann.set_many_flags("INBOX", kFlagsATime, {kSeen, {"$Many"}});
    // More than one batch may hold: in parts that become visible together.
    ann.copy("INBOX", uids(1, kAll), "Archive");
    ann.move("INBOX", uids(1, kAll), "Trash", total);
    ann.set_many_flags("Trash", kFlagsATime, {kDeleted, {}});
    ann.expunge("Trash", std::nullopt, Account::Which::OnlyDeleted, total);
    ann.remove("Archive");
    return join(make_setup(), ann.take());
}

Script make_afterlife(const std::string& address) {
    Writer w(address);
    w.create("After", {"After"});
    w.append(20, {"After", "Drafts"}, {kSeen, {}});
    w.append(21, {"INBOX", "After"});
    w.set_flags("After", uids(1, 2), FlagEdit::How::Add, {kFlagged, {"$After"}});
    w.copy("After", uids(2, 2), "Drafts");
    w.move("After", uids(1, 1), "Drafts");
    w.expunge("After", uids(1, 9), Account::Which::All);
    return w.take();
}

}  // namespace rook::power
