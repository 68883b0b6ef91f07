#include "mailbox/delivery.h"

#include <fmt/core.h>

#include <unordered_map>

#include "base/check.h"
#include "base/date.h"

namespace rook::mailbox {

namespace {

constexpr std::uint64_t kPieceBytes = 256 * 1024;
// Copies that are queued and not yet durable: more would share no more of a flush, and each keeps
// its bytes in memory.
constexpr std::size_t kUnderWay = 32;
constexpr std::uint64_t kUnderWayBytes = 2 << 20;

Result<MailboxId> inbox_of(const Account& account) {
    const auto inbox = account.find("INBOX");
    if (!inbox) return fail(Why::Gone, "The account is gone");
    return inbox->id;
}

}  // namespace

// What one account gets.
struct Delivery::Copy {
    AccountId account;
    std::string_view address;  // the first recipient's that reaches it; of recipients_
    std::optional<Result<>> fate;
};

Delivery::Delivery(Accounts& accounts, const Clock& clock, Trace trace,
                   std::vector<Recipient> recipients)
    : accounts_(accounts),
      trace_(std::move(trace)),
      recipients_(std::move(recipients)),
      received_(clock.seconds()) {
    std::unordered_map<AccountId, bool, IdHash<AccountId>> seen;
    for (const auto& recipient : recipients_) {
        CHECK(!recipient.accounts.empty());
        for (auto account : recipient.accounts) {
            if (std::exchange(seen[account], true)) continue;
            copies_.push_back({.account = account, .address = recipient.address, .fate = {}});
        }
    }
}

Delivery::~Delivery() = default;

std::string Delivery::trace_of(const Copy& copy) const {
    auto fields =
        fmt::format("Return-Path: <{}>\r\nDelivered-To: {}\r\n", trace_.return_path, copy.address);
    if (!trace_.received.empty()) {
        fields += fmt::format("Received: {}\r\n\tfor <{}>; {}\r\n", trace_.received, copy.address,
                              format_mail_date({.seconds = received_, .zone = 0}));
    }
    return fields;
}

void Delivery::begin(std::uint64_t size_hint) {
    CHECK(!staged_ && size_ == 0);
    for (first_ = 0; first_ < copies_.size(); ++first_) {
        auto done = stage_first(copies_[first_], size_hint);
        if (done) return;
        copies_[first_].fate = std::move(done);
    }
}

Result<> Delivery::stage_first(Copy& copy, std::uint64_t size_hint) {
    const auto trace = trace_of(copy);
    first_account_ = TRY(accounts_.open(copy.account));
    auto staged = TRY(first_account_->stage(size_hint == 0 ? 0 : size_hint + trace.size()));
    TRY(staged->write(trace));
    staged_ = std::move(staged);
    first_trace_bytes_ = trace.size();
    return {};
}

void Delivery::fail_the_rest(const Error& error) {
    staged_.reset();
    for (auto& copy : copies_) {
        if (!copy.fate) copy.fate = std::unexpected(error);
    }
}

Result<> Delivery::write(std::string_view bytes) {
    size_ += bytes.size();
    if (!staged_) return {};
    auto written = staged_->write(bytes);
    if (!written) fail_the_rest(written.error());
    return written;
}

Result<> Delivery::finish() {
    if (!staged_) return {};
    auto finished = staged_->finish();
    if (!finished) fail_the_rest(finished.error());
    return finished;
}

const message::Summary* Delivery::summary() const {
    return staged_ ? &staged_->summary() : nullptr;
}

void Delivery::prepend(std::string_view fields) { prepended_ += fields; }

bool Delivery::commit_next() {
    while (under_way_.empty() ||
           (under_way_.size() < kUnderWay && under_way_.size() * size_ < kUnderWayBytes)) {
        if (!begin_next()) break;
    }
    if (under_way_.empty()) return false;
    auto [copy, adding] = std::move(under_way_.front());
    under_way_.pop_front();
    if (auto added = adding->wait(); added) {
        copy->fate = Result<>();
    } else {
        copy->fate = std::unexpected(std::move(added).error());
    }
    return true;
}

// False when there is no copy left to begin.
bool Delivery::begin_next() {
    // The first copy's staged bytes are the source of the others, so it goes last.
    while (next_ < copies_.size() && (next_ == first_ || copies_[next_].fate)) ++next_;
    const bool is_first = next_ == copies_.size();
    if (is_first && !staged_) return false;
    auto& copy = copies_[is_first ? first_ : next_++];
    if (auto begun = begin_copy(copy); begun) {
        under_way_.emplace_back(&copy, *std::move(begun));
    } else {
        copy.fate = std::unexpected(std::move(begun).error());
    }
    if (is_first) staged_.reset();
    return true;
}

Result<std::unique_ptr<Adding>> Delivery::begin_copy(Copy& copy) {
    CHECK(staged_);
    const bool is_first = &copy == &copies_[first_];
    const auto account = is_first ? first_account_ : TRY(accounts_.open(copy.account));
    auto staged =
        is_first && prepended_.empty() ? std::move(staged_) : TRY(stage_again(copy, *account));
    const Target inbox{.mailbox = TRY(inbox_of(*account)), .flags = {}};
    return account->begin_add(std::move(staged), std::span(&inbox, 1), received_);
}

Result<std::unique_ptr<Staged>> Delivery::stage_again(const Copy& copy, Account& account) {
    auto& source = staged_->source();
    const auto trace = trace_of(copy);
    auto again = TRY(account.stage(trace.size() + prepended_.size() + size_));
    TRY(again->write(trace));
    if (!prepended_.empty()) TRY(again->write(prepended_));
    for (std::uint64_t at = first_trace_bytes_; at < source.size();) {
        const auto piece = TRY(source.read(at, kPieceBytes));
        if (piece.empty()) return fail(Why::Io, "The store failed", "staged bytes end early");
        TRY(again->write(piece));
        at += piece.size();
    }
    TRY(again->finish());
    return again;
}

Result<> Delivery::fate(std::size_t recipient) const {
    for (auto account : recipients_[recipient].accounts) {
        for (const auto& copy : copies_) {
            if (copy.account != account) continue;
            CHECK(copy.fate);
            if (!*copy.fate) return *copy.fate;
        }
    }
    return {};
}

}  // namespace rook::mailbox
