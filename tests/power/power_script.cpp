#include "power/power_script.h"

namespace rook::power {
namespace {

using mailbox::Account;
using mailbox::FlagEdit;
using mailbox::kDeleted;
using mailbox::kFlagged;
using mailbox::kSeen;

void write_account_steps(ScriptWriter& w) {
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
    ScriptWriter ann(kAnn), bob(kBob);
    ann.create_account();
    bob.create_account();
    return join(ann.take(), bob.take());
}

}  // namespace

Script make_account_script(const std::string& address) {
    ScriptWriter w(address);
    write_account_steps(w);
    return w.take();
}

Script make_short_script() {
    ScriptWriter ann(kAnn);
    ann.deliver(8, kBob);
    write_account_steps(ann);
    ann.deliver(kStaged, kBob);
    return join(make_setup(), ann.take());
}

Script make_long_script() {
    ScriptWriter ann(kAnn);
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
    ScriptWriter w(address);
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
