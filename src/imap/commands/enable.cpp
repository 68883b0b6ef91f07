// ENABLE (RFC 9051 6.3.1): the client says what it understands.
#include "imap/command_list.h"
#include "imap/condstore.h"
#include "imap/session.h"

namespace rook::imap {
namespace {

struct Enable final : Command {
    std::vector<const EnableName*> names;

    Result<> run(Session& s) override {
        const bool had_condstore = s.has(Feature::CondStore);
        auto& reply = s.reply().line("ENABLED");
        for (const auto* row : names) {
            if (s.has(row->feature)) continue;
            s.enable(row->feature);
            reply.atom(row->name);
        }
        reply.end();
        const bool has_condstore = s.has(Feature::CondStore) && !had_condstore;
        if (has_condstore && s.state() == State::Selected) tell_highest_modseq(s);
        return {};
    }
};

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Enable>();
    for (;;) {
        // What is not known here is passed over in silence.
        if (const auto* row = find_row(&Extension::enable, TRY(args.atom()))) {
            command->names.push_back(row);
        }
        if (args.at_end()) return command;
        TRY(args.space());
    }
}

constexpr std::string_view examples[] = {"ENABLE CONDSTORE", "ENABLE IMAP4rev2 X-UNKNOWN"};

}  // namespace

extern const CommandSpec enable{
    .name = "ENABLE",
    .rfc = "5161",
    .states = State::AfterLogin,
    .runs = Runs::Here,
    .capability = "ENABLE",
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
