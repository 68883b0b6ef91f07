// ID (RFC 2971): who the client says it is, for the log and for `rookery sessions`, and who we are.
#include "base/ascii.h"
#include "base/utf8.h"
#include "imap/session.h"

namespace rook::imap {
namespace {

constexpr unsigned kMaxPairs = 30;           // RFC 2971 3.3
constexpr std::size_t kMaxValueBytes = 100;  // of what is kept

struct Id final : Command {
    std::string name, version;

    Result<> run(Session& s) override {
        if (!name.empty()) s.set_client(version.empty() ? name : name + " " + version);
        s.reply().line("ID").open().quoted("name").quoted("Rookery").close().end();
        return {};
    }
};

Result<> parse_pairs(Args& args, Id& id) {
    unsigned pairs = 0;
    return args.list(Args::Empty::Allowed, [&](Args& in) -> Result<> {
        if (++pairs > kMaxPairs) return fail(Why::BadSyntax, "ID has at most 30 fields");
        const auto field = TRY(in.string());
        TRY(in.space());
        const auto text = TRY(in.nstring()).value_or("");
        const auto value = std::string(truncate_utf8(text, kMaxValueBytes));
        if (iequals(field, "name")) id.name = value;
        if (iequals(field, "version")) id.version = value;
        return {};
    });
}

Result<CommandPtr> parse(Args& args) {
    auto command = std::make_unique<Id>();
    if (!args.take_word("NIL")) TRY(parse_pairs(args, *command));
    TRY(args.end());
    return command;
}

constexpr std::string_view examples[] = {"ID NIL", "ID (\"name\" \"pine\" \"version\" NIL)"};

}  // namespace

extern const CommandSpec id{
    .name = "ID",
    .rfc = "2971",
    .runs = Runs::Here,
    .capability = "ID",
    .parse = parse,
    .examples = examples,
};
}  // namespace rook::imap
