// Reads everything that is stored and reports what is damaged: every record, and before them, when
// no server has them open, the store's files.
#include <sysexits.h>

#include <chrono>
#include <thread>

#include "admin/verb.h"
#include "admin/verbs/common.h"

namespace rook::admin {
namespace {

using Then = mailbox::Accounts::Then;

Json told(const Services& services, const std::vector<mailbox::CheckProblem>& all) {
    auto out = Json::array();
    for (auto& one : all) {
        auto account = services.directory.find(one.account);
        out.push(
            Json::object({{"account", account && *account ? Json((*account)->address) : Json()},
                          {"account_id", one.account.v},
                          {"what", one.what}}));
    }
    return out;
}

Json described(const Services& services, const mailbox::CheckReport& report) {
    return Json::object({{"accounts", report.accounts},
                         {"mailboxes", report.mailboxes},
                         {"entries", report.entries},
                         {"emails", report.emails},
                         {"bytes", report.bytes},
                         {"problems", told(services, report.problems)}});
}

class Check final : public Slices {
public:
    static Result<std::unique_ptr<Slices>> start(const Call& call) {
        if (call.args.flag("repair")) {
            return fail(Why::Cannot,
                        "The server is running: stop it first, then run `rookery check --repair`");
        }
        return std::unique_ptr<Slices>(
            new Check(call.services, TRY(call.services.accounts.begin_check(Then::Report))));
    }
    Result<std::optional<Json>> step() override {
        if (TRY(checking_->step())) return std::nullopt;
        return described(services_, checking_->report());
    }
    std::uint64_t done() const override { return checking_->done(); }
    std::uint64_t all() const override { return checking_->all(); }

private:
    Check(const Services& services, std::unique_ptr<mailbox::Checking> checking)
        : services_(services), checking_(std::move(checking)) {}

    const Services& services_;
    std::unique_ptr<mailbox::Checking> checking_;
};

Json repaired(const store::RepairReport& report) {
    auto notes = Json::array();
    for (auto& note : report.notes) notes.push(Json::object({{"what", note}}));
    return notes;
}

Json damaged(const store::CheckReport& report) {
    auto all = Json::array();
    for (auto& damage : report.damage) {
        auto one = Json::object({{"file", damage.file}, {"what", damage.what}});
        if (damage.account) one.set("account_id", damage.account->v);
        all.push(std::move(one));
    }
    return all;
}

// What was repaired is told also of a walk that does not come to its end.
Result<Json> walk_once(const Services& services, Then then, const Progress& progress,
                       Json& repaired) {
    const auto checking = TRY(services.accounts.begin_check(then));
    Result<bool> more = true;
    while (more && *more) {
        if (progress) progress(checking->done(), checking->all());
        more = checking->step();
    }
    const auto notes = told(services, checking->report().repaired);
    for (auto& note : *notes.as_array()) repaired.push(note);
    TRY(std::move(more));
    return described(services, checking->report());
}

// Where work in the background meets damage, the store closes for a moment: then once more.
Result<Json> walk(Result<std::unique_ptr<Program::Opened>> opened, Then then,
                  const Progress& progress, Json& repaired) {
    if (!opened) return std::unexpected(std::move(opened).error());
    constexpr int kMost = 50;
    for (int i = 0;; ++i) {
        auto walked = walk_once((*opened)->services(), then, progress, repaired);
        if (walked || walked.error().why != Why::Busy || i == kMost) return walked;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
}

Result<Json> check_alone(const Program& program, const std::string& config, const Args& args,
                         const Progress& progress) {
    Json out = Json::object({});
    const bool repairs = args.flag("repair");
    auto notes = repairs ? repaired(TRY(program.repair_files(config))) : Json::array();
    // Of a store as it is found, and of one that was repaired in the end.
    std::optional<store::CheckReport> files;
    if (!repairs) files = TRY(program.check_files(config));
    // What cannot be walked is one more finding beside those of the files.
    auto walked =
        walk(program.open(config), repairs ? Then::Repair : Then::Report, progress, notes);
    if (repairs) files = TRY(program.check_files(config));
    out.set("files", files->files);
    out.set("file_bytes", files->bytes);
    auto damage = damaged(*files);
    if (repairs) out.set("repaired", std::move(notes));
    if (walked) {
        for (auto& [name, value] : *walked->as_object()) out.set(name, value);
    } else if (walked.error().why == Why::Corrupt) {
        damage.push(Json::object({{"file", Json()}, {"what", walked.error().said}}));
    } else {
        return std::unexpected(std::move(walked).error());
    }
    return out.set("damage", std::move(damage));
}

int exit_code(const Json& answer) {
    for (auto name : {"problems", "damage"}) {
        auto* found = answer.find(name);
        if (found && found->as_array() && !found->as_array()->empty()) return EX_DATAERR;
    }
    return EX_OK;
}

constexpr Option kOptions[] = {
    {"repair",
     "Mend the store's files and the accounts' records first, with all that can be read; no "
     "server may run",
     Option::Kind::Flag}};

}  // namespace

extern const Verb check_verb{.name = "check",
                             .help = "Read everything in the store and report damage",
                             .options = kOptions,
                             .start = Check::start,
                             .alone = check_alone,
                             .exit_code = exit_code};

}  // namespace rook::admin
