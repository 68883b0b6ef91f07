// Messages from standard input: delivered as mail, or put into a mailbox as they are.
#include <fmt/format.h>

#include "admin/crlf.h"
#include "admin/verb.h"
#include "admin/verbs/common.h"
#include "base/ascii.h"
#include "mailbox/delivery.h"

namespace rook::admin {
namespace {

constexpr Argument kRecipients[] = {{"address", "whom it is for", Argument::How::Many}};
constexpr Option kDeliverOptions[] = {{"from", "the sender's address; none when left out"}};

// A delivery as LMTP makes it: aliases, Return-Path, Delivered-To, INBOX, a line in the log for
// each recipient.
class Deliver final : public Sink {
public:
    static Result<std::unique_ptr<Sink>> begin(const Call& call) {
        auto& services = call.services;
        mailbox::Delivery::Trace trace;
        if (auto from = call.args.text("from"); !from.empty())
            trace.return_path = TRY(directory::canonical_address(from));
        std::vector<mailbox::Delivery::Recipient> recipients;
        for (auto& address : call.args.texts("address")) {
            auto reached = TRY(services.directory.resolve(address));
            if (reached.empty()) {
                services.log.info("delivery", {{"from", trace.return_path},
                                               {"to", address},
                                               {"fate", to_string(Why::NotFound)}});
                return fail(Why::NotFound, fmt::format("There is no account or alias {}", address));
            }
            mailbox::Delivery::Recipient recipient{services.directory.login_name(address), {}};
            for (auto& one : reached) recipient.accounts.push_back(one.account->id);
            recipients.push_back(std::move(recipient));
        }
        auto id = fmt::format("{:x}", services.clock.now().time_since_epoch().count());
        trace.received = fmt::format("by {} (Rookery) with local id {}", services.hostname, id);
        return std::unique_ptr<Sink>(
            new Deliver(services, std::move(trace), std::move(recipients), std::move(id)));
    }

    Result<> write(std::string_view bytes) override {
        if (!std::exchange(has_begun_, true)) {
            delivery_.begin(0);
            // Local mailers hand over the separator of an mbox.
            is_separator_ = bytes.starts_with("From ");
        }
        if (is_separator_) {
            auto end = bytes.find('\n');
            if (end == std::string_view::npos) return {};
            bytes.remove_prefix(end + 1);
            is_separator_ = false;
        }
        return told(delivery_.write(crlf_.convert(bytes)));
    }

    Result<Json> finish() override {
        if (!std::exchange(has_begun_, true)) delivery_.begin(0);
        TRY(told(delivery_.finish()));
        // Gone once the copies are stored.
        auto* summary = delivery_.summary();
        auto message_id = summary ? summary->message_id : std::string();
        delivery_.commit();
        std::vector<std::pair<std::string, Error>> failed;
        for (std::size_t i = 0; i < recipients_.size(); ++i) {
            auto fate = delivery_.fate(i);
            log(recipients_[i], message_id, fate);
            if (!fate) failed.emplace_back(recipients_[i].address, fate.error());
        }
        return summed_up(recipients_.size(), std::move(failed));
    }

private:
    Deliver(const Services& services, mailbox::Delivery::Trace trace,
            std::vector<mailbox::Delivery::Recipient> recipients, std::string id)
        : services_(services),
          recipients_(recipients),
          from_(trace.return_path),
          id_(std::move(id)),
          delivery_(services.accounts, services.clock, std::move(trace), std::move(recipients)) {}

    // What ends the delivery for everybody is everybody's fate.
    Result<> told(Result<> done) {
        if (done) return done;
        for (auto& recipient : recipients_) log(recipient, {}, done);
        return done;
    }
    void log(const mailbox::Delivery::Recipient& recipient, std::string_view message_id,
             const Result<>& fate) {
        services_.log.info("delivery", {{"id", id_},
                                        {"message_id", message_id},
                                        {"from", from_},
                                        {"to", recipient.address},
                                        {"fate", fate ? "stored" : to_string(fate.error().why)},
                                        {"size", delivery_.size()}});
    }

    const Services& services_;
    std::vector<mailbox::Delivery::Recipient> recipients_;
    std::string from_, id_;
    mailbox::Delivery delivery_;
    CrLf crlf_;
    bool has_begun_ = false, is_separator_ = false;
};

constexpr Argument kAddress[] = {{"address", "user@example.org"}};
constexpr Option kAppendOptions[] = {
    {"mailbox", "where to put it; INBOX when left out"},
    {"flags", "such as \\Seen,\\Flagged or keywords", Option::Kind::Texts},
    {"received", "when it came, in seconds since 1970; now when left out", Option::Kind::Number},
    {"as-is", "leave its line ends as they are", Option::Kind::Flag},
};

Result<mailbox::FlagList> read_flags(const std::vector<std::string>& words) {
    mailbox::FlagList out;
    for (auto& word : words) {
        if (!word.starts_with('\\')) {
            if (word.empty() || word.size() > mailbox::kMaxKeywordBytes || !is_ascii(word) ||
                word.find_first_of(" (){%*\"\\]") != std::string::npos)
                return fail(Why::BadSyntax, fmt::format("{} is no keyword", word));
            out.keywords.push_back(word);
            continue;
        }
        constexpr std::pair<std::string_view, mailbox::Flags> kSystem[] = {
            {"\\Seen", mailbox::kSeen},       {"\\Answered", mailbox::kAnswered},
            {"\\Flagged", mailbox::kFlagged}, {"\\Deleted", mailbox::kDeleted},
            {"\\Draft", mailbox::kDraft},
        };
        bool is_known = false;
        for (auto& [name, flag] : kSystem) {
            if (!iequals(name, word)) continue;
            out.flags = static_cast<mailbox::Flags>(out.flags | flag);
            is_known = true;
        }
        if (!is_known) return fail(Why::BadSyntax, fmt::format("{} is no flag", word));
    }
    return out;
}

// The message as it is, but for its line ends unless it is said, as APPEND would put it.
class Append final : public Sink {
public:
    static Result<std::unique_ptr<Sink>> begin(const Call& call) {
        auto flags = TRY(read_flags(call.args.texts("flags")));
        auto mail = TRY(open_mail(call.services, call.args.text("address")));
        auto name = call.args.has("mailbox") ? call.args.text("mailbox") : "INBOX";
        auto box = mail->find(name);
        if (!box) return fail(Why::NotFound, fmt::format("There is no mailbox {}", name));
        auto staged = TRY(mail->stage(0));
        return std::unique_ptr<Sink>(
            new Append(std::move(mail), std::move(staged), {box->id, std::move(flags)},
                       call.args.number("received"), call.args.flag("as-is")));
    }

    Result<> write(std::string_view bytes) override {
        return staged_->write(is_as_is_ ? bytes : crlf_.convert(bytes));
    }

    Result<Json> finish() override {
        TRY(staged_->finish());
        auto added = TRY(mail_->add(std::move(staged_), {&target_, 1}, received_));
        return Json::object({{"email", to_text(added[0].email)}, {"uid", added[0].uid.v}});
    }

private:
    Append(mailbox::AccountPtr mail, std::unique_ptr<mailbox::Staged> staged,
           mailbox::Target target, std::optional<std::int64_t> received, bool is_as_is)
        : mail_(std::move(mail)),
          staged_(std::move(staged)),
          target_(std::move(target)),
          received_(received),
          is_as_is_(is_as_is) {}

    mailbox::AccountPtr mail_;
    std::unique_ptr<mailbox::Staged> staged_;
    mailbox::Target target_;
    std::optional<std::int64_t> received_;
    bool is_as_is_;
    CrLf crlf_;
};

}  // namespace

extern const Verb deliver_verb{.name = "deliver",
                               .help = "Deliver a message from standard input",
                               .arguments = kRecipients,
                               .options = kDeliverOptions,
                               .is_change = true,
                               .begin = Deliver::begin};
extern const Verb mailbox_append{.name = "mailbox append",
                                 .help = "Put a message from standard input into a mailbox",
                                 .arguments = kAddress,
                                 .options = kAppendOptions,
                                 .begin = Append::begin};

}  // namespace rook::admin
