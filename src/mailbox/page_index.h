// A mailbox's page index: what is known of each page without reading it. A persistent two-level
// snapshot: nodes of up to 64 pages, shared by every version that has them, so that a change copies
// one node and the list of nodes.
//
// Threads: a PageIndex is an immutable value, cheap to copy; an IndexEditor belongs to one
// transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "mailbox/page.h"

namespace rook::mailbox {

constexpr std::size_t kNodePages = 64;

struct IndexNode {
    std::vector<PageInfo> pages;                       // rising low, never empty
    std::uint32_t count = 0, unseen = 0, deleted = 0;  // sums
    ModSeq version;                                    // highest
    void sum_up();
};
using IndexNodePtr = std::shared_ptr<const IndexNode>;  // shared by snapshots
using IndexNodes = std::vector<IndexNodePtr>;

// A page's place, and how many entries are before it.
struct PagePlace {
    std::size_t node = 0, page = 0;
    std::uint32_t before = 0;
};

class PageIndex {
public:
    PageIndex() : nodes_(std::make_shared<const IndexNodes>()) {}
    explicit PageIndex(std::vector<PageInfo> pages);  // rising low

    bool is_empty() const { return nodes_->empty(); }
    const IndexNodes& nodes() const { return *nodes_; }
    const PageInfo& at(const PagePlace& p) const { return (*nodes_)[p.node]->pages[p.page]; }
    std::size_t page_count() const;
    std::uint32_t entry_count() const;

    // The page that would hold the uid: the last one with low <= uid, or the first. nullopt when
    // there are no pages.
    std::optional<PagePlace> find(Uid) const;
    // The page that holds the entry with `n` entries before it. nullopt when there are not so many.
    std::optional<PagePlace> find_nth(std::uint32_t n) const;
    std::optional<PagePlace> first() const;
    std::optional<PagePlace> last() const;
    std::optional<PagePlace> next(PagePlace) const;
    // find(), from a place at or before the answer: skips whole nodes.
    PagePlace forward(PagePlace from, Uid) const;

private:
    friend class IndexEditor;
    explicit PageIndex(IndexNodes nodes)
        : nodes_(std::make_shared<const IndexNodes>(std::move(nodes))) {}
    std::shared_ptr<const IndexNodes> nodes_;  // shared by copies
};

class IndexEditor {
public:
    explicit IndexEditor(PageIndex base) : base_(std::move(base)) {}

    // Replaces the page with this low, or adds one behind all others.
    void put(const PageInfo&);
    // The page must be there.
    void erase(Uid low);
    // The index with the changes so far.
    const PageIndex& index();

private:
    IndexNode& own(std::size_t node);
    void begin();

    PageIndex base_;
    bool is_changed_ = false;
    // While changing: the nodes, of which those in own_ are this editor's alone.
    IndexNodes nodes_;
    std::vector<std::shared_ptr<IndexNode>> own_;
};

}  // namespace rook::mailbox
