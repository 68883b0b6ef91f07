#include "mailbox/staged.h"

#include "base/check.h"
#include "base/codec.h"
#include "mailbox/body.h"
#include "mailbox/keys.h"
#include "mailbox/signature.h"
#include "mailbox/staged_impl.h"
#include "mailbox/txn.h"

namespace rook::mailbox {

using store::Table;

// Chunks from memory, or from the store once they are there.
class StagedImpl::Chunks final : public ChunkReader {
public:
    explicit Chunks(const StagedImpl& staged) : staged_(staged) {}
    Result<std::string> chunk(std::uint32_t i) override {
        if (i >= staged_.chunks_.size())
            return fail(Why::Corrupt, "The message is damaged", "chunk");
        if (i == 0 || i >= staged_.first_kept_) return decode_chunk(staged_.chunks_[i]);
        const auto key = keys::body(*staged_.id_, i);
        auto value = TRY(
            staged_.core_->services().store.find(staged_.core_->account_id(), Table::Bodies, key));
        if (!value) return fail(Why::Gone, "The message is no longer there");
        return decode_chunk(TRY(unseal(key, *value, kValueVersion)).payload);
    }

private:
    const StagedImpl& staged_;
};

StagedImpl::StagedImpl(std::shared_ptr<Core> core) : core_(std::move(core)) {}

StagedImpl::~StagedImpl() {
    if (!has_chunks_in_store_ || core_->is_removed()) return;
    store::Batch batch;
    for (std::uint32_t i = 1; i < first_kept_; ++i) batch.erase(Table::Bodies, keys::body(*id_, i));
    batch.erase(Table::Records, keys::staged_email(*id_));
    // Not waited for: what a crash leaves is swept. `core` stays until then, so that nobody loads
    // the account meanwhile.
    core_->services().store.submit(core_->account_id(), std::move(batch),
                                   [core = core_](Result<>) {});
}

Result<> StagedImpl::write(std::string_view bytes) {
    CHECK(!is_finished());
    if (bytes.size() > core_->services().limits.message_bytes - size_) {
        return fail(Why::TooBig, "The message is too big");
    }
    size_ += bytes.size();
    parser_.feed(bytes);
    while (!bytes.empty()) {
        const auto piece = bytes.substr(0, kBodyChunk - tail_.size());
        tail_.append(piece);
        bytes.remove_prefix(piece.size());
        if (tail_.size() == kBodyChunk) TRY(take_chunk());
    }
    return {};
}

Result<> StagedImpl::take_chunk() {
    chunks_.push_back(encode_chunk(tail_));
    kept_bytes_ += chunks_.back().size();
    tail_.clear();
    if (kept_bytes_ > core_->services().limits.staged_in_memory) return spill();
    return {};
}

Result<EmailId> StagedImpl::reserve_id() {
    auto txn = TRY(Txn::begin(*core_));
    // The pending tip's own counter: the number reaches the disk with the next transaction, or is
    // swept.
    return EmailId{core_->account_id(), core_->pending().record.next_id++};
}

// Moves chunks to the store under the email's id, beside a record that the commit removes.
Result<> StagedImpl::spill() {
    if (chunks_.size() <= first_kept_) return {};
    if (!id_) id_ = TRY(reserve_id());
    store::Batch batch;
    const auto staged_key = keys::staged_email(*id_);
    if (!has_chunks_in_store_)
        batch.put(Table::Records, staged_key, sealed(kValueVersion, staged_key, {}));
    auto at = first_kept_;
    for (; at < chunks_.size() && batch.bytes() < store::kMaxBatch - 2 * kBodyChunk; ++at) {
        const auto key = keys::body(*id_, static_cast<std::uint32_t>(at));
        batch.put(Table::Bodies, key, sealed(kValueVersion, key, chunks_[at]));
    }
    has_chunks_in_store_ = true;
    TRY(core_->services().store.commit(core_->account_id(), std::move(batch)));
    for (; first_kept_ < at; ++first_kept_) {
        kept_bytes_ -= chunks_[first_kept_].size();
        std::string().swap(chunks_[first_kept_]);
    }
    return {};
}

Result<> StagedImpl::finish() {
    CHECK(!is_finished());
    if (!tail_.empty() || chunks_.empty()) TRY(take_chunk());
    std::string().swap(tail_);
    summary_ = parser_.finish();
    summary_record_ = message::encode(summary_);
    source_ = std::make_unique<ChunkedSource>(size_, std::make_unique<Chunks>(*this));
    signature_ = make_signature(summary_, *source_);
    return {};
}

const message::Summary& StagedImpl::summary() const {
    CHECK(is_finished());
    return summary_;
}

message::Source& StagedImpl::source() {
    CHECK(is_finished());
    return *source_;
}

EmailId StagedImpl::store(Txn& txn, std::uint32_t& summary_chunks) {
    const auto id = id_ ? *id_ : EmailId{core_->account_id(), txn.take_id()};
    auto& batch = txn.batch();
    const auto put = [&](Table table, const std::string& key, std::string_view payload) {
        batch.put(table, key, sealed(kValueVersion, key, payload));
    };
    put(Table::Bodies, keys::body(id, 0), encode_first_chunk(size_, chunks_[0]));
    for (std::size_t i = first_kept_; i < chunks_.size(); ++i) {
        put(Table::Bodies, keys::body(id, static_cast<std::uint32_t>(i)), chunks_[i]);
    }
    const auto summaries = split_summary(summary_record_);
    for (std::size_t i = 0; i < summaries.size(); ++i) {
        put(Table::Summaries, keys::summary(id, static_cast<std::uint32_t>(i)), summaries[i]);
    }
    summary_chunks = static_cast<std::uint32_t>(summaries.size());
    if (!signature_.empty()) put(Table::Signatures, keys::signature(id), signature_);
    if (has_chunks_in_store_) batch.erase(Table::Records, keys::staged_email(id));
    return id;
}

}  // namespace rook::mailbox
