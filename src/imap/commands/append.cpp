// APPEND (RFC 9051 6.3.12): a message that streams into the store while it arrives, APPENDUID (RFC
// 4315), APPENDLIMIT (RFC 7889), literal8 (RFC 3516).
#include <fmt/core.h>

#include "imap/list.h"
#include "imap/session.h"

namespace rook::imap {
namespace {

// So much is gathered before a worker stores it: one job for most messages.
constexpr std::size_t kPieceBytes = 256 * 1024;

struct Append final : Command {
    std::string name;
    mailbox::FlagList flags;
    std::optional<std::int64_t> received;

    Result<> begin_literal(Session& s, const wire::Literal& literal) override {
        const auto box = TRY(s.get_mailbox(name));
        mailbox_ = box.id;
        called_ = box.name;
        size_ = literal.size;
        is_binary_ = literal.is_binary;
        if (size_ == 0) return fail(Why::Cannot, "A message cannot be empty");
        if (size_ > s.services().accounts.limits().message_bytes) {
            return fail(Why::TooBig, "The message is larger than is taken here");
        }
        const auto use = s.account().quota();
        if (use.limit_bytes > 0 && use.bytes + size_ > use.limit_bytes) {
            return fail(Why::OverQuota, "There is no room for it in your quota");
        }
        return {};
    }

    bool take_literal(std::string_view bytes) override {
        has_nul_ |= !is_binary_ && bytes.find('\0') != bytes.npos;
        piece_ += bytes;
        return piece_.size() >= kPieceBytes;
    }

    Result<> store_literal(Session& s) override {
        if (has_nul_) return fail(Why::Cannot, "A message with NUL in it needs a literal8");
        if (!staged_) staged_ = TRY(s.account().stage(size_));
        TRY(staged_->write(piece_));
        std::string().swap(piece_);
        return {};
    }

    Result<> run(Session& s) override {
        TRY(store_literal(s));
        TRY(staged_->finish());
        const mailbox::Target target{mailbox_, std::move(flags)};
        const auto added = TRY(s.account().add(std::move(staged_), {&target, 1}, received));
        tell_name(s, called_, name);
        s.set_code(fmt::format("APPENDUID {} {}", added[0].uidvalidity, added[0].uid.v));
        ++s.counts().appended;
        return {};
    }

private:
    MailboxId mailbox_;
    std::string called_;  // the mailbox, here
    std::uint64_t size_ = 0;
    bool is_binary_ = false, has_nul_ = false;
    std::string piece_;
    std::unique_ptr<mailbox::Staged> staged_;
};

// The literal is the message once the mailbox's name is read.
Result<CommandPtr> begin_stream(Args& args) {
    if (args.at_open_literal()) return CommandPtr();
    auto command = std::make_unique<Append>();
    command->name = TRY(args.mailbox());
    TRY(args.space());
    if (args.peek() == '(') {
        command->flags = TRY(args.flags());
        TRY(args.space());
    }
    if (args.peek() == '"') {
        command->received = TRY(args.date_time()).seconds;
        TRY(args.space());
    }
    if (!args.at_open_literal()) return args.bad("a literal with the message");
    return command;
}

Result<CommandPtr> parse(Args& args) {
    // A line without a message: where it is wrong says begin_stream.
    TRY(begin_stream(args));
    return args.bad("a literal with the message");
}

constexpr std::string_view examples[] = {
    "APPEND INBOX {310}\r\n",
    "APPEND \"Sent mail\" (\\Seen $Forwarded) \"17-Jul-1996 02:44:25 -0700\" {310+}\r\n",
    "APPEND Drafts (\\Draft) ~{12}\r\n"};

}  // namespace

extern const CommandSpec append{
    .name = "APPEND",
    .rfc = "9051",
    .states = State::AfterLogin,
    .not_found_code = "TRYCREATE",
    .parse = parse,
    .begin_stream = begin_stream,
    .examples = examples,
};
}  // namespace rook::imap
