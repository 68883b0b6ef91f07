#include "power/power_steps.h"

#include "mailbox/delivery.h"

namespace rook::power {

using mailbox::Account;
using mailbox::AccountPtr;
using mailbox::FlagEdit;
using mailbox::FlagList;
using mailbox::kDeleted;
using mailbox::Target;

namespace {

// Looks up mailboxes by name, as a session does.
struct Use {
    AccountPtr account;
    static Result<Use> of(Ground& ground, const std::string& address) {
        return Use{TRY(ground.account(address))};
    }
    Result<MailboxId> box(const std::string& name) const {
        auto found = account->find(name);
        if (!found) return fail(Why::NotFound, "no mailbox " + name);
        return found->id;
    }
};

void edit(Box& box, const UidSet& part, const UidSet& set, FlagEdit::How how,
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

// As they come from a connection.
template <class Sink>
Result<> write_pieces(Sink& sink, std::string_view bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += 100'000) {
        TRY(sink.write(bytes.substr(at, 100'000)));
    }
    return {};
}

}  // namespace

UidSet uids(std::uint32_t first, std::uint32_t last) {
    return UidSet::from_unsorted({{Uid{first}, Uid{last}}});
}

Result<> write_message(mailbox::Staged& staged, std::string_view bytes) {
    TRY(write_pieces(staged, bytes));
    return staged.finish();
}

Result<AccountPtr> Ground::account(const std::string& address) {
    auto found = TRY(directory().find(address));
    if (!found) return fail(Why::NotFound, "no such account");
    return accounts().open(found->id);
}

Result<Model> Ground::read() {
    Model model;
    for (auto& known : TRY(directory().accounts())) {
        auto account = TRY(accounts().open(known->id));
        model[known->address] = TRY(read_mail(*account, contents()));
    }
    return model;
}

void ScriptWriter::create_account() {
    add(
        "create account " + address_,
        [a = address_](Ground& w) -> Result<> {
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

void ScriptWriter::remove_account() {
    add(
        "remove account " + address_,
        [a = address_](Ground& w) -> Result<> {
            auto found = TRY(w.directory().find(a));
            if (!found) return fail(Why::NotFound, "no such account");
            return w.accounts().remove(found->id);
        },
        [a = address_](Model& m) { m.erase(a); });
}

void ScriptWriter::append(int content, std::vector<std::string> boxes, FlagList flags) {
    append(content, std::move(boxes), std::move(flags), Wait::Yes);
}
void ScriptWriter::queue_append(int content, std::vector<std::string> boxes, FlagList flags) {
    append(content, std::move(boxes), std::move(flags), Wait::No);
}
void ScriptWriter::append(int content, std::vector<std::string> boxes, FlagList flags, Wait wait) {
    add(
        "append " + std::to_string(content),
        [=, a = address_](Ground& w) -> Result<> {
            auto use = TRY(Use::of(w, a));
            auto staged = TRY(use.account->stage(0));
            TRY(write_message(*staged, w.contents().at(content)));
            std::vector<Target> targets;
            for (auto& box : boxes) targets.push_back({TRY(use.box(box)), flags});
            auto adding = TRY(use.account->begin_add(std::move(staged), targets, std::nullopt));
            if (wait == Wait::Yes) TRY(adding->wait());
            return {};
        },
        on_mail([=](Mail& m) {
            Message message{.content = content, .flags = flags.flags, .keywords = {}};
            message.keywords.insert(flags.keywords.begin(), flags.keywords.end());
            for (auto& box : boxes) m.boxes[box].add(message);
        }));
}

void ScriptWriter::give_up(int content) {
    add(
        "give up " + std::to_string(content),
        [=, a = address_](Ground& w) -> Result<> {
            auto use = TRY(Use::of(w, a));
            auto staged = TRY(use.account->stage(0));
            return staged->write(w.contents().at(content));
        },
        [](Model&) {});
}

void ScriptWriter::set_flags(std::string box, UidSet set, FlagEdit::How how, FlagList flags) {
    add(
        "flags " + box,
        [=, a = address_](Ground& w) -> Result<> {
            auto use = TRY(Use::of(w, a));
            const auto box_id = TRY(use.box(box));
            TRY(use.account->set_flags(box_id, set, {how, flags, std::nullopt, 0}));
            return {};
        },
        on_mail([=](Mail& m) { edit(m.boxes[box], uids(1, kAll), set, how, flags); }));
}
void ScriptWriter::set_many_flags(std::string box, std::uint32_t first_part, FlagList flags) {
    add("many flags " + box, [=, a = address_](Ground& w) -> Result<> {
        auto use = TRY(Use::of(w, a));
        const auto box_id = TRY(use.box(box));
        TRY(use.account->set_flags(box_id, uids(1, kAll),
                                   {FlagEdit::How::Add, flags, std::nullopt, 0}));
        return {};
    });
    for (auto part : {uids(1, first_part), uids(first_part + 1, kAll)}) {
        part_of_last(on_mail(
            [=](Mail& m) { edit(m.boxes[box], part, uids(1, kAll), FlagEdit::How::Add, flags); }));
    }
}

void ScriptWriter::copy(std::string from, UidSet set, std::string to) {
    add(
        "copy " + from + " to " + to,
        [=, a = address_](Ground& w) -> Result<> {
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

void ScriptWriter::move(std::string from, UidSet set, std::string to, std::uint32_t total) {
    add("move " + from + " to " + to, [=, a = address_](Ground& w) -> Result<> {
        auto use = TRY(Use::of(w, a));
        const auto source = TRY(use.box(from)), target = TRY(use.box(to));
        TRY(use.account->move(source, set, target));
        return {};
    });
    move_parts(from, set, to, total);
}

void ScriptWriter::expunge(std::string box, std::optional<UidSet> set, Account::Which which,
                           std::uint32_t total) {
    add("expunge " + box, [=, a = address_](Ground& w) -> Result<> {
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

void ScriptWriter::quit_pop3(UidSet set) {
    add(
        "POP3 quit",
        [=, a = address_](Ground& w) -> Result<> {
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

void ScriptWriter::create(std::string name, std::vector<std::string> made) {
    add("create " + name, on_account([=](Account& account) -> Result<> {
            TRY(account.create(name));
            return {};
        }),
        on_mail([=](Mail& m) {
            for (auto& box : made) m.boxes[box];
        }));
}
void ScriptWriter::rename(std::string from, std::string to) {
    add("rename " + from, on_account([=](Account& account) { return account.rename(from, to); }),
        on_mail([=](Mail& m) {
            for (auto& [name, box] : std::map(m.boxes)) {
                if (name != from && !name.starts_with(from + "/")) continue;
                m.boxes[to + name.substr(from.size())] = box;
                m.boxes.erase(name);
            }
        }));
}
void ScriptWriter::rename_inbox(std::string to) {
    add("rename INBOX", on_account([=](Account& account) { return account.rename("INBOX", to); }),
        on_mail([=](Mail& m) { m.boxes[to]; }));
    move_parts("INBOX", uids(1, kAll), to, 1);
}
void ScriptWriter::remove(std::string name) {
    add("delete " + name, on_account([=](Account& account) { return account.remove(name); }),
        on_mail([=](Mail& m) { m.boxes.erase(name); }));
}
void ScriptWriter::subscribe(std::string name, bool on) {
    add("subscribe " + name,
        on_account([=](Account& account) { return account.subscribe(name, on); }),
        on_mail([=](Mail& m) {
            if (on) m.subscriptions.insert(name);
            if (!on) m.subscriptions.erase(name);
        }));
}

void ScriptWriter::deliver(int content, std::string other) {
    add(
        "deliver " + std::to_string(content),
        [=, a = address_](Ground& w) -> Result<> {
            std::vector<mailbox::Delivery::Recipient> recipients;
            for (auto& address : {a, other}) {
                auto found = TRY(w.directory().find(address));
                if (!found) return fail(Why::NotFound, "no account");
                recipients.push_back({address, {found->id}});
            }
            mailbox::Delivery delivery(w.accounts(), w.clock(),
                                       {.return_path = "s@example.test", .received = "from here"},
                                       recipients);
            delivery.begin(0);
            TRY(write_pieces(delivery, w.contents().at(content)));
            TRY(delivery.finish());
            delivery.commit();
            for (std::size_t i = 0; i < recipients.size(); ++i) TRY(delivery.fate(i));
            return {};
        },
        [=, a = address_](Model& m) {
            for (auto& address : {a, other}) m[address].boxes["INBOX"].add({content, 0, {}});
        });
}

void ScriptWriter::add(std::string name, Run run) {
    script_.push_back({std::move(name), std::move(run), {}});
}
void ScriptWriter::add(std::string name, Run run, Step::Part part) {
    add(std::move(name), std::move(run));
    part_of_last(std::move(part));
}

ScriptWriter::Run ScriptWriter::on_account(std::function<Result<>(Account&)> run) {
    return [run = std::move(run), a = address_](Ground& w) -> Result<> {
        return run(*TRY(w.account(a)));
    };
}
Step::Part ScriptWriter::on_mail(std::function<void(Mail&)> part) {
    return [part = std::move(part), a = address_](Model& m) { part(m[a]); };
}

void ScriptWriter::move_parts(std::string from, UidSet set, std::string to, std::uint32_t total) {
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

}  // namespace rook::power
