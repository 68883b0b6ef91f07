// FETCH and UID FETCH (RFC 9051 6.4.5, 6.4.9).
#include <optional>

#include "imap/command.h"
#include "imap/condstore.h"
#include "imap/fetch_run.h"
#include "imap/session.h"

namespace rook::imap {

namespace {

class Fetch final : public Command {
public:
    Fetch(NumberSet set, By by, FetchRequest request)
        : set_(std::move(set)), by_(by), request_(std::move(request)) {}

    Result<net::Step> step(Session& s) override {
        if (!run_) {
            // First what is new, so that keywords are known before they are used.
            s.announce(Numbers::Reads);
            if (request_.enables_condstore) use_condstore(s);
            run_.emplace(s, request_, by_, TRY(s.resolve(set_, by_)));
        }
        return run_->step();
    }

private:
    NumberSet set_;
    By by_;
    FetchRequest request_;
    std::optional<FetchRun> run_;
};

template <By by>
Result<CommandPtr> parse(Args& args) {
    auto set = TRY(args.number_set());
    TRY(args.space());
    auto request = TRY(read_fetch_request(args, by));
    return std::make_unique<Fetch>(std::move(set), by, std::move(request));
}

constexpr std::string_view examples[] = {
    "FETCH 1:* (FLAGS)",
    "FETCH 2,4:7,9 FULL",
    "FETCH $ ALL",
    "FETCH 1 (UID RFC822.SIZE INTERNALDATE ENVELOPE BODY BODYSTRUCTURE)",
    "FETCH 1 BODY[]",
    "FETCH 1 BODY.PEEK[HEADER.FIELDS (From To)]<0.100>",
    "FETCH 1 (BODY[1.2.HEADER.FIELDS.NOT (Received)] BODY[3.MIME] BODY[TEXT]<5.10>)",
    "FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT)",
    "FETCH 1 (BINARY[1] BINARY.PEEK[1.2]<0.10> BINARY.SIZE[2])",
    "FETCH 1:* (MODSEQ PREVIEW (LAZY) EMAILID THREADID) (CHANGEDSINCE 5)",
};
constexpr std::string_view uid_examples[] = {"UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345)",
                                             "UID FETCH 7 BODY.PEEK[]"};

}  // namespace

extern const CommandSpec fetch{
    .name = "FETCH",
    .rfc = "9051",
    .states = State::Selected,
    .numbers = Numbers::Reads,
    .parse = parse<By::Seq>,
    .examples = examples,
};

extern const CommandSpec uid_fetch{
    .name = "UID FETCH",
    .rfc = "9051",
    .states = State::Selected,
    .numbers = Numbers::MayExpunge,
    .parse = parse<By::Uid>,
    .examples = uid_examples,
};

}  // namespace rook::imap
