#include "mailbox/page_index.h"

#include <algorithm>

#include "base/check.h"

namespace rook::mailbox {
namespace {

bool low_above(Uid uid, const PageInfo& page) { return uid < page.low; }

// The last page of the node with low <= uid, or its first.
std::size_t page_in(const IndexNode& node, Uid uid) {
    auto above = std::upper_bound(node.pages.begin(), node.pages.end(), uid, low_above);
    return above == node.pages.begin() ? 0
                                       : static_cast<std::size_t>(above - node.pages.begin()) - 1;
}

// The same among nodes.
std::size_t node_in(const IndexNodes& nodes, Uid uid) {
    auto above = std::upper_bound(
        nodes.begin(), nodes.end(), uid,
        [](Uid u, const IndexNodePtr& node) { return u < node->pages.front().low; });
    return above == nodes.begin() ? 0 : static_cast<std::size_t>(above - nodes.begin()) - 1;
}

}  // namespace

void IndexNode::sum_up() {
    count = unseen = deleted = 0;
    version = {};
    for (auto& page : pages) {
        count += page.count;
        unseen += page.unseen;
        deleted += page.deleted;
        version = std::max(version, page.version);
    }
}

PageIndex::PageIndex(std::vector<PageInfo> pages) {
    IndexNodes nodes;
    for (std::size_t at = 0; at < pages.size(); at += kNodePages) {
        auto node = std::make_shared<IndexNode>();
        node->pages.assign(
            pages.begin() + static_cast<std::ptrdiff_t>(at),
            pages.begin() + static_cast<std::ptrdiff_t>(std::min(at + kNodePages, pages.size())));
        node->sum_up();
        nodes.push_back(std::move(node));
    }
    nodes_ = std::make_shared<const IndexNodes>(std::move(nodes));
}

std::size_t PageIndex::page_count() const {
    std::size_t total = 0;
    for (auto& node : *nodes_) total += node->pages.size();
    return total;
}

std::uint32_t PageIndex::entry_count() const {
    std::uint32_t total = 0;
    for (auto& node : *nodes_) total += node->count;
    return total;
}

std::optional<PagePlace> PageIndex::first() const {
    if (is_empty()) return std::nullopt;
    return PagePlace{};
}

std::optional<PagePlace> PageIndex::last() const { return find(Uid{0xFFFFFFFF}); }

std::optional<PagePlace> PageIndex::find(Uid uid) const {
    if (is_empty()) return std::nullopt;
    return forward(PagePlace{}, uid);
}

PagePlace PageIndex::forward(PagePlace at, Uid uid) const {
    const auto node = std::max(at.node, node_in(*nodes_, uid));
    if (node != at.node) {
        for (std::size_t p = at.page; p < (*nodes_)[at.node]->pages.size(); ++p) {
            at.before += (*nodes_)[at.node]->pages[p].count;
        }
        for (std::size_t n = at.node + 1; n < node; ++n) at.before += (*nodes_)[n]->count;
        at = {node, 0, at.before};
    }
    const auto& pages = (*nodes_)[node]->pages;
    const auto page = std::max(at.page, page_in(*(*nodes_)[node], uid));
    for (; at.page < page; ++at.page) at.before += pages[at.page].count;
    return at;
}

std::optional<PagePlace> PageIndex::find_nth(std::uint32_t n) const {
    PagePlace at;
    for (; at.node < nodes_->size(); ++at.node) {
        auto& node = *(*nodes_)[at.node];
        if (n - at.before >= node.count) {
            at.before += node.count;
            continue;
        }
        for (; n - at.before >= node.pages[at.page].count; ++at.page) {
            at.before += node.pages[at.page].count;
        }
        return at;
    }
    return std::nullopt;
}

std::optional<PagePlace> PageIndex::next(PagePlace at) const {
    auto& pages = (*nodes_)[at.node]->pages;
    at.before += pages[at.page].count;
    if (++at.page == pages.size()) {
        at.page = 0;
        if (++at.node == nodes_->size()) return std::nullopt;
    }
    return at;
}

void IndexEditor::begin() {
    if (is_changed_) return;
    is_changed_ = true;
    nodes_ = base_.nodes();
    own_.assign(nodes_.size(), nullptr);
}

IndexNode& IndexEditor::own(std::size_t node) {
    if (!own_[node]) {
        own_[node] = std::make_shared<IndexNode>(*nodes_[node]);
        nodes_[node] = own_[node];
    }
    return *own_[node];
}

void IndexEditor::put(const PageInfo& info) {
    begin();
    const bool is_behind = nodes_.empty() || nodes_.back()->pages.back().low < info.low;
    if (is_behind) {
        if (nodes_.empty() || nodes_.back()->pages.size() >= kNodePages) {
            auto node = std::make_shared<IndexNode>();
            nodes_.push_back(node);
            own_.push_back(std::move(node));
        }
        auto& node = own(nodes_.size() - 1);
        node.pages.push_back(info);
        node.sum_up();
        return;
    }
    auto& node = own(node_in(nodes_, info.low));
    auto& page = node.pages[page_in(node, info.low)];
    CHECK(page.low == info.low);
    page = info;
    node.sum_up();
}

void IndexEditor::erase(Uid low) {
    begin();
    const auto at = node_in(nodes_, low);
    auto& node = own(at);
    const auto page = page_in(node, low);
    CHECK(node.pages[page].low == low);
    node.pages.erase(node.pages.begin() + static_cast<std::ptrdiff_t>(page));
    if (!node.pages.empty()) {
        node.sum_up();
        return;
    }
    nodes_.erase(nodes_.begin() + static_cast<std::ptrdiff_t>(at));
    own_.erase(own_.begin() + static_cast<std::ptrdiff_t>(at));
}

const PageIndex& IndexEditor::index() {
    if (is_changed_) {
        base_ = PageIndex(std::move(nodes_));
        is_changed_ = false;
        nodes_.clear();
        own_.clear();
    }
    return base_;
}

}  // namespace rook::mailbox
