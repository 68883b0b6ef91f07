// Reading: views, summaries, bodies, signatures, what was expunged; and the maildrop's lock.
#include "base/codec.h"
#include "mailbox/account_impl.h"
#include "mailbox/body.h"
#include "mailbox/keys.h"
#include "mailbox/view_impl.h"

namespace rook::mailbox {

using store::Table;

namespace {

Result<SummaryRecord> open_summary(std::shared_ptr<const std::string> bytes) {
    auto view = TRY(message::SummaryView::open(*bytes));
    return SummaryRecord{std::move(bytes), view};
}

class MaildropLock final : public Account::Maildrop {
public:
    explicit MaildropLock(std::shared_ptr<std::atomic<bool>> taken) : taken_(std::move(taken)) {}
    ~MaildropLock() override { *taken_ = false; }

private:
    std::shared_ptr<std::atomic<bool>> taken_;  // shared with the account, which may be gone first
};

}  // namespace

Result<std::unique_ptr<View>> AccountImpl::select(MailboxId mailbox, Access access,
                                                  std::function<void()> on_news) {
    auto slot = find_slot(TRY(number_of(mailbox)));
    if (!slot || !visible(*slot).properties) return fail(Why::NotFound, "There is no such mailbox");
    auto self = std::static_pointer_cast<AccountImpl>(shared_from_this());
    return ViewImpl::make(std::move(self), *this, std::move(slot), access, std::move(on_news));
}

Result<SummaryRecord> AccountImpl::summary(EmailId email) {
    return std::move(summaries(std::span(&email, 1)).front());
}

std::vector<Result<SummaryRecord>> AccountImpl::summaries(std::span<const EmailId> emails) {
    std::vector<std::shared_ptr<const std::string>> cached(emails.size());
    std::vector<EmailId> missing;
    const auto key_of = [&](EmailId e) {
        return Cache::Key{Cache::Kind::Summary, id(), e.account.v, e.n};
    };
    for (std::size_t i = 0; i < emails.size(); ++i) {
        cached[i] = services().cache.find<std::string>(key_of(emails[i]));
        if (!cached[i]) missing.push_back(emails[i]);
    }
    auto loaded = missing.empty() ? std::vector<Result<std::shared_ptr<const std::string>>>()
                                  : load_summaries(services().store, id(), missing);
    std::vector<Result<SummaryRecord>> out;
    std::size_t next = 0;
    for (std::size_t i = 0; i < emails.size(); ++i) {
        if (!cached[i]) {
            auto& one = loaded[next++];
            if (!one) {
                out.push_back(std::unexpected(one.error()));
                continue;
            }
            cached[i] = *one;
            services().cache.put(key_of(emails[i]), *one, (*one)->size());
        }
        out.push_back(open_summary(std::move(cached[i])));
    }
    return out;
}

Result<std::unique_ptr<message::Source>> AccountImpl::body(EmailId email) {
    return open_body(services().store, id(), email);
}

Result<ThreadId> AccountImpl::thread(EmailId email) {
    const auto key = keys::email(email);
    auto value = TRY(services().store.find(id(), Table::Records, key));
    if (!value) return fail(Why::Gone, "The message is no longer there");
    const auto payload = TRY(unseal(key, *value, kValueVersion)).payload;
    return TRY(decode_email(payload)).thread;
}

Result<std::vector<std::string>> AccountImpl::signatures(std::span<const EmailId> emails) {
    std::vector<std::string> wanted;
    for (auto& email : emails) wanted.push_back(keys::signature(email));
    auto values = TRY(services().store.find_many(id(), Table::Signatures, wanted));
    std::vector<std::string> out(emails.size());
    for (std::size_t i = 0; i < out.size(); ++i) {
        if (!values[i]) continue;
        // A damaged one only means that the message itself decides.
        if (auto payload = unseal(wanted[i], *values[i], kValueVersion)) out[i] = payload->payload;
    }
    return out;
}

Result<std::optional<UidSet>> AccountImpl::expunged_since(MailboxId mailbox, ModSeq since) {
    const auto n = TRY(number_of(mailbox));
    if (since < tip().record.log_floor) return std::nullopt;
    const auto slot = find_slot(n);
    if (!slot) return fail(Why::NotFound, "There is no such mailbox");
    const auto shown = visible(*slot);
    if (!shown.properties) return fail(Why::NotFound, "There is no such mailbox");
    // What is durable but not yet visible is left out.
    const auto until = shown.content->counters.highest_modseq;
    if (until <= since) return UidSet();
    std::vector<Range<Uid>> ranges;
    Result<> outcome;
    TRY(services().store.scan(
        id(), Table::Records, keys::expunged(n, ModSeq{since.v + 1}),
        keys::expunged(n, ModSeq{until.v + 1}), [&](auto key, auto value) {
            outcome = [&]() -> Result<> {
                const auto payload = TRY(unseal(key, value, kValueVersion)).payload;
                const auto record = TRY(decode_expunged(payload));
                ranges.insert(ranges.end(), record.uids.begin(), record.uids.end());
                return {};
            }();
            return outcome.has_value();
        }));
    TRY(std::move(outcome));
    return UidSet::from_unsorted(std::move(ranges));
}

Result<std::unique_ptr<Account::Maildrop>> AccountImpl::lock_maildrop() {
    if (maildrop_taken_->exchange(true)) {
        return fail(Why::Busy, "The maildrop is in use by another session");
    }
    return std::make_unique<MaildropLock>(maildrop_taken_);
}

}  // namespace rook::mailbox
