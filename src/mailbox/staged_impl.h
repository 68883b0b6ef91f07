// The Staged that Account::stage makes (staged.h). Private to mailbox/.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mailbox/account.h"
#include "mailbox/core.h"
#include "mailbox/staged.h"
#include "message/parser.h"

namespace rook::mailbox {

class Txn;

class StagedImpl final : public Staged {
public:
    explicit StagedImpl(std::shared_ptr<Core> core);
    ~StagedImpl() override;

    Result<> write(std::string_view bytes) override;
    std::uint64_t size() const override { return size_; }
    Result<> finish() override;
    const message::Summary& summary() const override;
    message::Source& source() override;

    bool is_of(const Core& core) const { return core_.get() == &core; }
    bool is_finished() const { return source_ != nullptr; }
    // Writes the email's immutable records into the transaction's batch and gives its id. When it
    // commits, call stored().
    EmailId store(Txn&, std::uint32_t& summary_chunks);
    void stored() { has_chunks_in_store_ = false; }

private:
    class Chunks;
    Result<> take_chunk();
    Result<> spill();
    Result<EmailId> reserve_id();

    const std::shared_ptr<Core> core_;  // shared with the account: the destructor may free chunks
                                        // after everybody else has gone
    message::Parser parser_;
    std::uint64_t size_ = 0;
    std::string tail_;                 // raw, not yet a chunk
    std::vector<std::string> chunks_;  // encoded; empty once they are in the store. The first never
                                       // is: it carries the size
    std::size_t first_kept_ = 1;       // chunks_[1..first_kept_) are in the store
    std::size_t kept_bytes_ = 0;
    std::optional<EmailId> id_;  // given early when chunks went to the store
    bool has_chunks_in_store_ = false;
    std::string summary_record_, signature_;
    message::Summary summary_;
    std::unique_ptr<message::Source> source_;
};

}  // namespace rook::mailbox
