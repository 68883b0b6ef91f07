// Arrivals: staging an email, and the one transaction that puts it into its mailboxes.
#include <future>

#include "base/check.h"
#include "mailbox/account_impl.h"
#include "mailbox/body.h"
#include "mailbox/keys.h"
#include "mailbox/threads.h"

namespace rook::mailbox {

Result<std::unique_ptr<Staged>> AccountImpl::stage(std::uint64_t size_hint) {
    if (size_hint > services().limits.message_bytes) {
        return fail(Why::TooBig, "The message is too big");
    }
    const auto use = quota();
    if (use.limit_bytes != 0 &&
        (use.bytes >= use.limit_bytes || size_hint > use.limit_bytes - use.bytes)) {
        return fail(Why::OverQuota, "The mailbox is full");
    }
    TRY(check_space());
    return std::make_unique<StagedImpl>(shared_from_this());
}

namespace {

class AddingImpl final : public Adding {
public:
    AddingImpl(std::unique_ptr<StagedImpl> staged, std::vector<AddedTo> added,
               std::future<Result<>> told)
        : staged_(std::move(staged)), added_(std::move(added)), told_(std::move(told)) {}
    // The chunks are freed with `staged_`, unless they may be mail by now.
    ~AddingImpl() override {
        if (told_.valid()) staged_->stored();
    }

    Result<std::vector<AddedTo>> wait() override {
        auto told = told_.get();
        settle(*staged_, told);
        if (!told) return std::unexpected(std::move(told).error());
        return std::move(added_);
    }

    // Whether a batch that failed on the disk is there is not known: then the chunks are left to
    // the sweep, which knows.
    template <class Outcome>
    static void settle(StagedImpl& staged, const Outcome& outcome) {
        if (outcome || outcome.error().why != Why::NoSpace) staged.stored();
    }

private:
    std::unique_ptr<StagedImpl> staged_;
    std::vector<AddedTo> added_;
    std::future<Result<>> told_;
};

}  // namespace

Result<std::unique_ptr<Adding>> AccountImpl::begin_add(std::unique_ptr<Staged> given,
                                                       std::span<const Target> targets,
                                                       std::optional<std::int64_t> received) {
    CHECK(dynamic_cast<StagedImpl*>(given.get()));
    std::unique_ptr<StagedImpl> staged(static_cast<StagedImpl*>(given.release()));
    CHECK(staged->is_of(*this) && staged->is_finished() && !targets.empty());
    TRY(check_space());
    auto txn = TRY(Txn::begin(*this));
    TRY(check_quota(*txn, staged->size() * targets.size()));

    EmailRecord record;
    record.size = staged->size();
    record.body_chunks = body_chunks(staged->size());
    const auto email = staged->store(*txn, record.summary_chunks);
    record.thread = TRY(assign_thread(*txn, email, staged->summary()));
    std::vector<AddedTo> added;
    for (auto& target : targets) {
        auto* box = TRY(txn->box(target.mailbox));
        std::vector<Entry> entries(1);
        auto& e = entries.front();
        e.flags = target.flags.flags;
        e.size = static_cast<std::uint32_t>(staged->size());
        e.email = email;
        e.keywords = TRY(box->keywords(target.flags.keywords));
        e.received = received.value_or(txn->now());
        e.saved = txn->now();
        TRY(box->append(entries));
        record.places.push_back({target.mailbox.n, e.uid});
        added.push_back(
            {target.mailbox, box->properties().uidvalidity, e.uid, email, record.thread});
    }
    txn->make_email(email, std::move(record));
    auto told = txn->submit();
    if (!told) {
        AddingImpl::settle(*staged, told);
        return std::unexpected(std::move(told).error());
    }
    return std::make_unique<AddingImpl>(std::move(staged), std::move(added), *std::move(told));
}

}  // namespace rook::mailbox
