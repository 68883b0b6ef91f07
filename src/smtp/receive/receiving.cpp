#include "smtp/receive/receiving.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/check.h"
#include "base/date.h"
#include "message/header.h"
#include "smtp/receive/session.h"

namespace rook::smtp {

namespace {

// More than a message that somebody wrote has; far less than what the Summary keeps of them.
constexpr std::size_t kMostAuthors = 100;
constexpr std::size_t kMostAuthorBytes = 8 * 1024;

bool has_field(std::string_view header, std::string_view name) {
    return message::find_field(header, name).has_value();
}

// What keeps us from knowing who wrote it: a reader of the message may look at another field, or
// further, than the Summary does (RFC 5322 3.6 allows one field of each).
const char* doubtful_author(const message::Summary& summary) {
    if (summary.header_size > summary.header.size()) return "The message's header is too large";
    std::size_t froms = 0, senders = 0;
    message::FieldReader fields(summary.header);
    while (const auto field = fields.next()) {
        const bool is_from = iequals(field->name, "From");
        if (!is_from && !iequals(field->name, "Sender")) continue;
        ++(is_from ? froms : senders);
        if (field->value.size() > kMostAuthorBytes) return "The From or Sender field is too large";
    }
    if (froms == 0) return "The message has no From field";
    if (froms > 1 || senders > 1) return "The message has more than one From or Sender field";
    if (std::max(summary.from.size(), summary.sender.size()) > kMostAuthors) {
        return "The From or Sender field holds too many addresses";
    }
    return nullptr;
}

}  // namespace

Receiving::Receiving(Facts facts, const Transaction& transaction)
    : facts_(std::move(facts)), sender_(transaction.sender), announced_(transaction.size) {
    // RFC 5321 3.3: no DATA without RCPT.
    CHECK(!transaction.recipients.empty());
    for (const auto& recipient : transaction.recipients) recipients_.push_back(recipient.address);
    delivery_ = std::make_unique<mailbox::Delivery>(
        facts_.services.accounts, facts_.services.clock,
        mailbox::Delivery::Trace{.return_path = sender_, .received = facts_.received},
        transaction.recipients);
}

std::size_t Receiving::take(std::string_view input) {
    const auto before = piece_.size();
    const auto took = reader_.read(input.substr(0, kPieceBytes - before), piece_);
    bytes_ += piece_.size() - before;
    if (!verdict_ && reader_.has_bare_line_end()) {
        verdict_ = {{554, "5.6.0"}, "A line ends with a bare CR or LF: lines must end with CRLF"};
    }
    if (!verdict_ && bytes_ > facts_.max_bytes) {
        verdict_ = {{552, "5.3.4"},
                    fmt::format("The message is larger than {} octets", facts_.max_bytes)};
    }
    // Refused already: the rest is only read to its end.
    if (verdict_) piece_.clear();
    return took;
}

Receiving::Stored Receiving::store() {
    CHECK(!has_ended_);
    if (!has_finished_) {
        if (!verdict_) {
            if (!std::exchange(has_begun_, true)) delivery_->begin(announced_);
            // An error is kept as the recipients' fate.
            (void)delivery_->write(piece_);
            piece_.clear();
        }
        if (!reader_.is_done()) return Stored::Done;
        end_bytes();
    }
    if (!verdict_ && delivery_->commit_next()) return Stored::More;
    answer();
    delivery_.reset();
    has_ended_ = true;
    return Stored::Done;
}

void Receiving::end_bytes() {
    has_finished_ = true;
    if (verdict_) return;
    (void)delivery_->finish();
    const auto* summary = delivery_->summary();
    if (!summary) return;
    message_id_ = summary->message_id;
    if (!facts_.submitter) return;
    verdict_ = judge(*summary);
    if (!verdict_) add_missing_fields(*summary);
}

// RFC 6409 6.1: who wrote it must be who logged in.
std::optional<Receiving::Verdict> Receiving::judge(const message::Summary& summary) {
    if (const auto* doubt = doubtful_author(summary)) return Verdict{{550, "5.6.0"}, doubt};
    // Without a Sender field the Summary's sender is From.
    for (const auto* addresses : {&summary.from, &summary.sender}) {
        std::size_t mailboxes = 0;
        for (const auto& address : *addresses) {
            if (address.kind != message::Address::Kind::Mailbox) continue;
            ++mailboxes;
            const auto text = address.mailbox + "@" + address.host;
            const auto owns = facts_.services.directory.owns(*facts_.submitter, text);
            if (owns && *owns) continue;
            if (!owns && owns.error().why != Why::BadSyntax) {
                return Verdict{reply_code(owns.error().why, facts_.kind), owns.error().said};
            }
            return Verdict{{550, "5.7.1"},
                           fmt::format("The From field says {}, which is not an address of the "
                                       "account that is logged in",
                                       text)};
        }
        if (mailboxes == 0) {
            return Verdict{{550, "5.7.1"}, "The From field must hold your own address"};
        }
    }
    return std::nullopt;
}

// RFC 6409 8.2 and 8.3.
void Receiving::add_missing_fields(const message::Summary& summary) {
    if (!has_field(summary.header, "Date")) {
        const auto now = facts_.services.clock.seconds();
        delivery_->prepend(
            fmt::format("Date: {}\r\n", format_mail_date({.seconds = now, .zone = 0})));
    }
    if (!has_field(summary.header, "Message-ID")) {
        message_id_ = fmt::format("{}@{}", facts_.id, facts_.services.options.hostname);
        delivery_->prepend(fmt::format("Message-ID: <{}>\r\n", message_id_));
    }
}

Receiving::Verdict Receiving::verdict_of(std::size_t recipient) const {
    if (verdict_) return *verdict_;
    const auto fate = delivery_->fate(recipient);
    if (fate) return {{250, "2.0.0"}, fmt::format("Stored, id {}", facts_.id)};
    return {reply_code(fate.error().why, facts_.kind), fate.error().said};
}

void Receiving::answer() {
    std::vector<Verdict> verdicts;
    for (std::size_t i = 0; i < recipients_.size(); ++i) {
        verdicts.push_back(verdict_of(i));
        if (verdicts[i].code.basic == 250) ++stored_;
        log_delivery(i, verdicts[i]);
        if (facts_.kind == Kind::Lmtp) {
            // RFC 2033 4.2: in the order of the RCPTs that were accepted.
            replies_ += reply_line(verdicts[i].code,
                                   fmt::format("<{}> {}", recipients_[i], verdicts[i].said));
        }
    }
    if (facts_.kind == Kind::Submission) answer_submission(verdicts);
}

// One reply for all. When some have the message and some not there is no good one: an OK would lose
// it without a word, so it is the failure, and says whose.
void Receiving::answer_submission(const std::vector<Verdict>& verdicts) {
    const auto failed = std::find_if(verdicts.begin(), verdicts.end(),
                                     [](const auto& v) { return v.code.basic != 250; });
    if (verdict_ || failed == verdicts.end()) {
        replies_ = reply_line(verdicts[0].code, verdicts[0].said);
        return;
    }
    std::string text = stored_ == 0 ? "Not delivered: " : "Delivered, but not to";
    if (stored_ == 0) {
        text += failed->said;
    } else {
        for (std::size_t i = 0; i < verdicts.size(); ++i) {
            if (verdicts[i].code.basic == 250) continue;
            text += fmt::format(" <{}> ({})", recipients_[i], verdicts[i].said);
        }
    }
    replies_ = reply_line(failed->code, text);
}

void Receiving::log_delivery(std::size_t recipient, const Verdict& verdict) {
    const bool stored = verdict.code.basic == 250;
    const auto fate = stored ? "stored" : verdict.code.is_permanent() ? "refused" : "deferred";
    const auto code = fmt::format("{} {}", verdict.code.basic, verdict.code.enhanced);
    auto& log = facts_.services.log;
    if (!verdict_ && !stored) {
        const auto error = delivery_->fate(recipient).error();
        if (!error.detail.empty()) {
            log.error("delivery-error",
                      {{"id", facts_.id}, {"why", to_string(error.why)}, {"detail", error.detail}});
        }
    }
    log.info("delivery", {{"id", facts_.id},
                          {"message_id", message_id_},
                          {"from", sender_},
                          {"to", recipients_[recipient]},
                          {"fate", fate},
                          {"code", code},
                          {"size", bytes_}});
}

}  // namespace rook::smtp
