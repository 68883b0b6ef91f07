#include "states/damage_states.h"

#include <fmt/format.h>

#include <atomic>
#include <optional>
#include <thread>

#include "states/mail_image.h"
#include "states/open_mail.h"

namespace rook::states {
namespace {

constexpr auto kPoints = "damages";
constexpr std::uint64_t kImages = 8;

// Made once: most of the time goes into them otherwise.
const MailImage& image(std::uint64_t n) {
    static std::map<std::uint64_t, MailImage> images;
    auto found = images.find(n);
    if (found == images.end()) found = images.emplace(n, make_mail_image(n)).first;
    return found->second;
}

// A server on the files, and what `rookery check` says beside it.
struct Opened {
    std::optional<Error> refused;
    Inspection mail;
    std::vector<mailbox::CheckProblem> problems, repaired;
    std::map<std::string, AccountId> ids;
};
using Then = mailbox::Accounts::Then;

// How often the store closed itself to open again.
class ReopeningLog final : public Log {
public:
    void write(LogLevel, std::string_view event, std::initializer_list<LogField>) override {
        if (event == "store-reopening") {
            ++reopenings_;
            is_closed_ = true;
        }
        if (event == "store-reopened" || event == "store-reopen") is_closed_ = false;
    }
    // So far; while it is closed, waits until it is open.
    int reopenings() const {
        while (is_closed_) std::this_thread::yield();
        return reopenings_;
    }

private:
    std::atomic<int> reopenings_ = 0;
    std::atomic<bool> is_closed_ = false;
};

class Life {
public:
    Life(std::uint64_t seed, DamageLie lie, std::string_view only, Counts& counts)
        : seed_(seed),
          lie_(lie),
          only_(only),
          dice_(seed),
          counts_(counts),
          image_(image(seed % kImages)) {}

    std::vector<std::string> live() {
        bytes_ = image_.files;
        damage_ = do_damage(bytes_, dice_, only_);
        ++counts_[kPoints];
        ++counts_["in " + damage_.kind];
        const auto opened = serve(*make_files(bytes_), Then::Report);
        const auto found = check(*make_files(bytes_));
        judge(opened, found);
        repair(opened, found);
        if (!wrong_.empty()) {
            wrong_.insert(wrong_.begin(), damage_.path + ": " + damage_.what);
        }
        return std::move(wrong_);
    }

private:
    void wrong(std::string what) { wrong_.push_back(std::move(what)); }

    Opened serve(Files& files, Then then) {
        Opened opened;
        auto store = store::open_embedded_store(options_on(files), log_);
        if (!store) {
            opened.refused = store.error();
            return opened;
        }
        // A compaction that meets the damage closes the store for a moment. Whoever reads then is
        // told to come again, and nothing is hurt. It happens once.
        for (int i = 0; i < 3; ++i) {
            const auto before = log_.reopenings();
            opened = look(**store, then);
            const bool is_busy = opened.refused && opened.refused->why == Why::Busy;
            if (!is_busy && log_.reopenings() == before) return opened;
        }
        wrong("the store closes itself again and again");
        return opened;
    }

    Opened look(store::Store& store, Then then) {
        Opened opened;
        OpenMail mail(store, seed_);
        if (auto up = mail.open(); !up) {
            opened.refused = up.error();
            return opened;
        }
        if (then == Then::Repair) {
            auto report = mail.accounts().check(then);
            if (!report) {
                opened.refused = report.error();
                return opened;
            }
            opened.repaired = std::move(report->repaired);
        }
        opened.mail = inspect(mail, image_.model, lie_);
        if (auto report = mail.accounts().check()) {
            opened.problems = report->problems;
        } else {
            opened.problems.push_back({kDirectoryAccount, said(report.error())});
        }
        if (auto accounts = mail.directory().accounts()) {
            for (auto& one : *accounts) opened.ids[one->address] = one->id;
        }
        if (lie_ == DamageLie::ChecksNothing) opened.problems.clear();
        return opened;
    }

    std::vector<store::Damage> check(Files& files) {
        auto report = store::check_embedded_store(options_on(files), log_);
        if (lie_ == DamageLie::ChecksNothing) return {};
        if (report) return std::move(report->damage);
        return {{"", said(report.error()), {}, {}}};
    }

    // Of the damaged store, before anybody repaired it.
    void judge(const Opened& opened, const std::vector<store::Damage>& found) {
        if (opened.refused) {
            ++counts_["refused"];
            if (found.empty()) wrong("refused, and check finds nothing: " + said(*opened.refused));
            return;
        }
        for (auto& one : opened.mail.altered) wrong("altered and served as good: " + one);
        for (auto& one : opened.mail.missing) wrong("missing in silence: " + one);
        if (opened.mail.is_whole()) {
            ++counts_["nothing lost"];
            return;
        }
        ++counts_["served in part"];
        must_be_named(opened);
        if (found.empty()) wrong("mail is hurt, and no file is named");
    }

    void must_be_named(const Opened& opened) {
        auto is_named = [&](const auto& test) {
            return std::ranges::any_of(opened.problems, test);
        };
        for (auto& hurt : opened.mail.hurt_emails) {
            const auto box = "mailbox " + hurt.mailbox + ":",
                       uid = fmt::format("uid {}:", hurt.uid);
            if (!is_named([&](auto& one) {
                    return one.what.contains(hurt.email) ||
                           (one.what.starts_with(box) && one.what.contains(uid));
                })) {
                wrong("check does not name the email " + hurt.email + ", " + box + " " + uid);
            }
        }
        for (auto& address : opened.mail.hurt_accounts) {
            const auto id = opened.ids.find(address);
            if (!is_named([&](auto& one) {
                    return one.account == kDirectoryAccount ||
                           (id != opened.ids.end() && one.account == id->second);
                })) {
                wrong("check says nothing of " + address);
            }
        }
    }

    void repair(const Opened& before, const std::vector<store::Damage>& found) {
        auto files = make_files(bytes_);
        std::vector<std::string> notes;
        if (lie_ != DamageLie::RepairsNothing) {
            auto report = store::repair_embedded_store(options_on(*files), log_);
            if (!report) return wrong("it cannot be repaired: " + said(report.error()));
            notes = report->notes;
        }
        const auto damage = check(*files);
        const auto after =
            serve(*files, lie_ == DamageLie::RepairsOnlyFiles ? Then::Report : Then::Repair);
        if (after.refused) return wrong("after a repair it does not open: " + said(*after.refused));
        for (auto& one : after.mail.altered) wrong("altered after a repair: " + one);
        const bool is_told = !notes.empty() || !after.repaired.empty();
        for (auto& one : after.mail.missing) {
            if (!is_told) wrong("missing in silence after a repair: " + one);
        }
        for (auto& one : after.mail.hurt_emails) {
            wrong(fmt::format("hurt after a repair: {} uid {}", one.mailbox, one.uid));
        }
        for (auto& one : after.mail.hurt_accounts) wrong("hurt after a repair: " + one);
        for (auto& one : after.problems) {
            // The directory's loss, not the mailboxes'.
            if (one.what.starts_with("no address leads to this account")) continue;
            wrong(fmt::format("not whole after a repair: account {}: {}", one.account.v, one.what));
        }
        if (!before.refused && after.mail.messages < before.mail.messages) {
            wrong(fmt::format("a repair took messages away: {} of {}; {}",
                              before.mail.messages - after.mail.messages, before.mail.messages,
                              fmt::join(notes, "; ")));
            for (auto& one : found) wrong("named before: " + one.file + ": " + one.what);
        }
        for (auto& one : damage) {
            // What cannot be read of a body file stays where it is, and is nobody's.
            if (kind_of(one.file) != "body file") {
                wrong("damaged after a repair: " + one.file + ": " + one.what);
            }
        }
        std::uint64_t all = 0;
        for (auto& [address, mail] : image_.model) {
            for (auto& [name, box] : mail.boxes) all += box.messages.size();
        }
        counts_["messages"] += all;
        counts_["messages lost in " + damage_.kind] += all - after.mail.messages;
        counts_["with repaired accounts"] += !after.repaired.empty();
        if (all != after.mail.messages && found.empty()) wrong("lost, and check found nothing");
    }

    const std::uint64_t seed_;
    const DamageLie lie_;
    const std::string_view only_;
    Dice dice_;
    Counts& counts_;
    ReopeningLog log_;
    const MailImage& image_;
    FileBytes bytes_;
    Damage damage_;
    std::vector<std::string> wrong_;
};

}  // namespace

Proof damage_proof(DamageLie lie, std::string only) {
    return {.name = "states-damage",
            .unit = kPoints,
            .live = [lie, only = std::move(only)](std::uint64_t seed, Counts& counts) {
                return Life(seed, lie, only, counts).live();
            }};
}

}  // namespace rook::states
