// The View that Account::select makes (view.h). Private to mailbox/.
//
// The view's messages are those of the newest visible index below `limit_`, and the ghosts:
// expunged, but not told yet. News are the deltas of the mailbox, replayed in order. If too many
// wait, the feed drops them, keeps the ghosts, and the view compares itself with the mailbox
// instead.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "mailbox/account.h"
#include "mailbox/core.h"
#include "mailbox/view.h"

namespace rook::mailbox {

class ViewImpl final : public View {
public:
    // Registers with the mailbox. Gone.
    static Result<std::unique_ptr<View>> make(AccountPtr, Core&, SlotPtr, Account::Access,
                                              std::function<void()> on_news);
    ~ViewImpl() override;

    Account& account() override { return *account_; }
    MailboxId mailbox() const override { return {core_.account_id(), slot_->mailbox}; }
    std::uint32_t uidvalidity() const override { return uidvalidity_; }
    bool is_read_only() const override { return feed_->is_read_only(); }
    Origin origin() const override { return feed_->origin(); }

    std::uint32_t count() const override { return count_; }
    std::uint32_t recent() const override { return recent_count_; }
    bool is_recent(Uid uid) const override { return uid < limit_ && is_claimed(uid); }
    KeywordNames keyword_names() const override;
    Uid uidnext() const override { return limit_; }
    ModSeq highest_modseq() const override;
    Result<std::optional<Seq>> first_unseen() override;
    Result<std::optional<Uid>> uid(Seq) override;
    Result<std::optional<Seq>> seq(Uid) override;
    Uid last_uid() const override;
    Result<UidSet> existing(const UidSet&) override;
    Result<UidSet> uids(const SeqSet&) override;
    Result<SeqSet> seqs(const UidSet&) override;
    Result<> walk(const UidSet&, const std::function<bool(const Item&)>&) override;
    Result<> walk_changed(const UidSet&, ModSeq, const std::function<bool(const Item&)>&) override;

    std::vector<News> news(Tell) override;
    bool has_news() const override;
    bool is_behind() const override;

private:
    using Ghosts = std::vector<Entry>;
    struct Picture {
        ContentPtr content;
        std::shared_ptr<const Ghosts> ghosts;  // shared with the view until it has others
        const PageIndex& index() const { return *content->index; }
        std::size_t ghosts_before(Uid) const;
    };
    // A page, and the UIDs that it answers for.
    struct Span {
        PagePtr page;  // null when the mailbox has no pages
        std::uint32_t before = 0;
        std::uint64_t first = 0, last = 0xFFFFFFFF;
        bool is_stale = false;
    };
    // A merged sequence of a span's entries and ghosts.
    struct Merge;

    ViewImpl(AccountPtr, Core&, SlotPtr);
    bool is_claimed(Uid) const;

    void absorb(Feed::Taken) const;
    Result<Picture> refresh() const;
    Result<Span> span(const Picture&, const std::optional<PagePlace>&) const;
    std::optional<PagePlace> place_of(const Picture&, std::uint32_t nth) const;
    // Runs `step(picture)` again with a newer picture as long as it says (false) that a page was
    // newer than the picture.
    Result<> with_picture(const std::function<Result<bool>(const Picture&)>& step) const;
    Result<bool> walk_picture(const Picture&, const UidSet&, ModSeq since, Uid& from,
                              const std::function<bool(const Item&)>&) const;
    Result<bool> take_uids(const Picture&, Range<Seq>, UidSet&) const;

    void tell_delta(const Delta&, std::vector<News>&);
    void tell_expunged(const Delta&, std::vector<News>&);
    void tell_keywords(const KeywordNames&, std::vector<News>&);
    std::vector<News> catch_up();
    Result<bool> compare(const Picture&, std::vector<News>&);
    Result<bool> compare_pages(const Picture&, std::vector<News>&);
    Result<bool> compare_ghosts(const Picture&, std::vector<News>&);
    std::vector<News> gone();

    const AccountPtr account_;
    Core& core_;
    const SlotPtr slot_;
    FeedPtr feed_;
    std::uint32_t uidvalidity_ = 0;

    // As told.
    std::uint32_t count_ = 0, recent_count_ = 0;
    Uid limit_;  // UIDs from here on are not in the view
    ModSeq modseq_;
    std::size_t keywords_told_ = 0;
    bool is_gone_told_ = false;

    // Not told yet. Mutable: taking from the feed changes nothing that the view says.
    mutable std::deque<DeltaPtr> queue_;
    mutable std::shared_ptr<const Ghosts> ghosts_;  // shared with running walks
    mutable std::vector<Range<Uid>> claims_;        // recent to this session, rising
    mutable bool has_overflowed_ = false, is_gone_ = false;
    bool is_half_told_ = false;  // queue_'s first: all but its expunges
};

}  // namespace rook::mailbox
