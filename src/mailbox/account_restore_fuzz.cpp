// An account coming in from a backup whose records were changed, left out or taken twice, with good
// seals or bad ones: refused, or stored so that everything that reads it says what is wrong with it
// and nothing is harmed; and nothing of it stays when it is given up.
#include "base/check.h"
#include "base/codec.h"
#include "base/fuzzing.h"
#include "mailbox/accounts.h"
#include "mailbox/fake_directory.h"
#include "mailbox/keys.h"
#include "mailbox/restore.h"
#include "store/memory/memory_store.h"

using namespace rook;
using namespace rook::mailbox;
using store::Table;

namespace {

struct Row {
    Table table;
    std::string key, value;
};

struct World {
    std::unique_ptr<store::MemoryStore> store = store::make_memory_store();
    FakeDirectory directory;
    StoppedClock clock;
    NullLog log;
    std::unique_ptr<Random> random = make_seeded_random(1);
    std::unique_ptr<Accounts> accounts =
        Accounts::open(*store, directory, clock, *random, log, {}).value();
};

UidSet everything() {
    UidSet all;
    all.add(Uid{1}, Uid{0xFFFFFFFF});
    return all;
}

// The account of a backup: 40 messages in INBOX, some flagged and some expunged, and another
// mailbox.
struct Backup {
    directory::Account account;
    std::vector<Row> rows;

    Backup() {
        World world;
        account.address = "ann@example.test";
        const auto id = world.accounts->create(account).value();
        account = *world.directory.find(id).value();
        const auto mail = world.accounts->open(id).value();
        const auto inbox = mail->find("INBOX")->id;
        const auto work = mail->create("Work").value();
        for (int i = 0; i < 40; ++i) add(*mail, i % 10 == 0 ? work : inbox);
        UidSet some;
        some.add(Uid{3}, Uid{6});
        (void)mail->set_flags(inbox, some,
                              {FlagEdit::How::Add, {kDeleted, {"$a"}}, std::nullopt, {}});
        some = {};
        some.add(Uid{4}, Uid{5});
        (void)mail->expunge(inbox, some);
        for (auto table : {Table::Records, Table::Summaries, Table::Bodies, Table::Signatures}) {
            world.store
                ->scan(id, table, {}, {},
                       [&](auto key, auto value) {
                           rows.push_back({table, std::string(key), std::string(value)});
                           return true;
                       })
                .value();
        }
    }
    static void add(Account& mail, MailboxId mailbox) {
        constexpr std::string_view kMail = "Subject: s\r\nMessage-ID: <1@b>\r\n\r\nHello.\r\n";
        auto staged = mail.stage(kMail.size()).value();
        staged->write(kMail).value();
        staged->finish().value();
        const Target target{mailbox, {kSeen, {"$b"}}};
        mail.add(std::move(staged), std::span(&target, 1), std::nullopt).value();
    }
};

// What the input does to the rows.
bool edit(std::vector<Row>& rows, fuzz::Input& in) {
    bool has_changed = false;
    for (int i = 0; i < 20 && !in.at_end(); ++i) {
        const auto how = in.byte() % 6;
        const auto at = in.u16() % rows.size();
        auto& row = rows[at];
        auto payload = std::string(row.value.substr(1, row.value.size() - 5));
        has_changed = true;
        switch (how) {
            case 0:
                if (rows.size() > 1) rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(at));
                break;
            case 1:
                rows.push_back(Row(row));
                break;
            case 2:  // damage
                row.value[in.u16() % row.value.size()] ^= static_cast<char>(in.byte() | 1);
                break;
            case 3: {
                const auto place = in.u16();
                if (!payload.empty())
                    payload[place % payload.size()] = static_cast<char>(in.byte());
                row.value = sealed(static_cast<std::uint8_t>(row.value[0]), row.key, payload);
                break;
            }
            case 4:
                payload = in.piece(in.byte());
                row.value = sealed(static_cast<std::uint8_t>(row.value[0]), row.key, payload);
                break;
            default:
                row.key = std::string(in.piece(in.byte() % 32));
                row.value = sealed(1, row.key, payload);
        }
    }
    return has_changed;
}

// Every reader of an account, each of which may say that it is damaged.
std::size_t read_all(Accounts& accounts, AccountId id) {
    std::size_t messages = 0;
    const auto mail = accounts.open(id);
    if (!mail) return 0;
    for (const auto& box : (*mail)->mailboxes()) {
        const auto view = (*mail)->select(box.id, Account::Access::ReadOnly, [] {});
        if (!view) continue;
        (void)(*view)->walk(everything(), [&](const View::Item& item) {
            const auto body = (*mail)->body(item.entry.email);
            if (body) (void)(*body)->read(0, std::min<std::uint64_t>((*body)->size(), 65536));
            return ++messages < 1000;
        });
    }
    (void)(*mail)->create("New");
    if (const auto inbox = (*mail)->find("INBOX")) {
        (void)(*mail)->set_flags(inbox->id, everything(),
                                 {FlagEdit::How::Add, {kFlagged, {}}, std::nullopt, {}});
        (void)(*mail)->expunge(inbox->id, everything());
    }
    return messages;
}

// Whole, or left as it was.
void expect_repaired(Accounts& accounts, bool was_whole) {
    const auto report = accounts.check(Accounts::Then::Repair).value();
    CHECK(report.repaired.empty() == was_whole);
    const bool is_left = !was_whole && report.repaired.front().what.starts_with("left as it is: ");
    CHECK(report.problems.empty() != is_left);
}

}  // namespace

// A store and an account stand in memory.
FUZZ_WITHIN(text, fuzz::kNoBudget) {
    static const Backup backup;
    fuzz::Input in(text);
    World world;
    const auto restore = in.byte() + 1u;
    const bool is_given_up = in.byte() % 8 == 7;
    auto rows = backup.rows;
    const bool has_changed = edit(rows, in);
    RestoreWish wish;
    wish.account = backup.account;
    wish.restore = restore;
    auto restoring = world.accounts->begin_restore(std::move(wish)).value();
    for (const auto& row : rows) {
        if (restoring->take(row.table, row.key, row.value)) continue;
        CHECK(has_changed);
        break;
    }
    const auto id = is_given_up ? fail(Why::Cannot, "") : restoring->finish();
    CHECK(id || has_changed || is_given_up);
    restoring.reset();
    const auto left = world.store->accounts().value();
    CHECK(id || std::ranges::count(left, kDirectoryAccount) == std::ssize(left));
    if (!id) return;
    const auto report = world.accounts->check();
    if (in.byte() % 2 == 1) expect_repaired(*world.accounts, report && report->problems.empty());
    const auto messages = read_all(*world.accounts, *id);
    CHECK(has_changed || (report && report->problems.empty() && messages == 38));
}
