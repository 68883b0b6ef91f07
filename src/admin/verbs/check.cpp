// Walks every record of the store and reports what is damaged.
#include <sysexits.h>

#include "admin/verb.h"
#include "admin/verbs/common.h"

namespace rook::admin {
namespace {

Result<Json> check(Call& call) {
    auto report = TRY(call.services.accounts.check([&](std::uint64_t done, std::uint64_t all) {
        if (call.progress) call.progress(done, all);
    }));
    auto problems = Json::array();
    for (auto& problem : report.problems) {
        auto account = call.services.directory.find(problem.account);
        problems.push(
            Json::object({{"account", account && *account ? Json((*account)->address) : Json()},
                          {"account_id", problem.account.v},
                          {"what", problem.what}}));
    }
    return Json::object({{"accounts", report.accounts},
                         {"mailboxes", report.mailboxes},
                         {"entries", report.entries},
                         {"emails", report.emails},
                         {"bytes", report.bytes},
                         {"problems", std::move(problems)}});
}

int exit_code(const Json& answer) {
    auto* problems = answer.find("problems");
    return problems && problems->as_array() && !problems->as_array()->empty() ? EX_DATAERR : EX_OK;
}

}  // namespace

extern const Verb check_verb{.name = "check",
                             .help = "Read everything in the store and report damage",
                             .run = check,
                             .exit_code = exit_code};

}  // namespace rook::admin
