#include "imap/list.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/ascii.h"
#include "imap/session.h"
#include "imap/wire/pattern.h"
#include "mailbox/names.h"

namespace rook::imap {

namespace {

using mailbox::MailboxInfo;
using mailbox::Role;

struct RoleName {
    Role role;
    std::string_view name;
};
constexpr RoleName kRoles[] = {
    {Role::Drafts, "\\Drafts"},   {Role::Sent, "\\Sent"},           {Role::Junk, "\\Junk"},
    {Role::Trash, "\\Trash"},     {Role::Archive, "\\Archive"},     {Role::All, "\\All"},
    {Role::Flagged, "\\Flagged"}, {Role::Important, "\\Important"},
};

std::string_view role_name(Role role) {
    for (const auto& known : kRoles) {
        if (known.role == role) return known.name;
    }
    return {};
}

// A name: a mailbox, a subscription, or only the way to one.
struct Node {
    const MailboxInfo* box = nullptr;
    bool is_subscribed = false;
    bool has_children = false;           // mailboxes below it
    bool has_selected_children = false;  // names below it that the selection options want
    bool has_hidden_children = false;    // such that no pattern matches
};

// INBOX first, then by name.
struct InboxFirst {
    bool operator()(std::string_view a, std::string_view b) const {
        const bool a_is_inbox = a == "INBOX", b_is_inbox = b == "INBOX";
        return a_is_inbox != b_is_inbox ? a_is_inbox : a < b;
    }
};
using Tree = std::map<std::string, Node, InboxFirst>;

bool is_selected(const Node& node, const ListRequest& list) {
    if (list.select_subscribed && !node.is_subscribed) return false;
    if (list.select_special_use && (!node.box || role_name(node.box->role).empty())) return false;
    // Without options it is the mailboxes that are wanted, and the names above them.
    return list.select_subscribed || node.box || node.has_children;
}

template <class Do>
void for_each_ancestor(std::string_view name, Tree& tree, Do&& act) {
    for (auto slash = name.rfind('/'); slash != name.npos && slash > 0;
         slash = name.rfind('/', slash - 1)) {
        if (!act(tree[std::string(name.substr(0, slash))])) return;
    }
}

Tree make_tree(const std::vector<MailboxInfo>& boxes, const std::vector<std::string>& subscriptions,
               const ListRequest& list) {
    Tree tree;
    for (const auto& box : boxes) tree[box.name].box = &box;
    for (const auto& name : subscriptions) tree[name].is_subscribed = true;
    // What is marked already is marked further up too: the whole is linear in the names' lengths.
    for (const auto& box : boxes) {
        for_each_ancestor(box.name, tree,
                          [](Node& above) { return !std::exchange(above.has_children, true); });
    }
    if (!list.recursive_match && !list.is_lsub) return tree;
    std::vector<std::string> selected;
    for (const auto& [name, node] : tree) {
        if (is_selected(node, list)) selected.push_back(name);
    }
    for (const auto& name : selected) {
        for_each_ancestor(name, tree, [](Node& above) {
            return !std::exchange(above.has_selected_children, true);
        });
    }
    return tree;
}

class Lister {
public:
    Lister(Session& s, const ListRequest& list) : s_(s), list_(list) {
        // A pattern that is there twice lists nothing twice, and costs nothing twice.
        for (const auto& pattern :
             std::set<std::string>(list.patterns.begin(), list.patterns.end())) {
            if (pattern.empty()) continue;
            // Names are in NFC.
            patterns_.emplace_back(mailbox::to_nfc(list.reference + pattern));
            ends_with_percent_.push_back(pattern.ends_with('%'));
        }
    }

    void write_all(Tree& tree) {
        if (list_.recursive_match) find_hidden(tree);
        for (const auto& [name, node] : tree) consider(name, node);
    }

private:
    struct Match {
        bool is_any = false, is_level = false;  // is_level: of a pattern that ends with "%"
    };
    Match match(const std::string& name) const {
        const std::size_t any_case = name == "INBOX" || name.starts_with("INBOX/") ? 5 : 0;
        for (std::size_t i = 0; i < patterns_.size(); ++i) {
            if (patterns_[i].matches(name, any_case)) return {true, ends_with_percent_[i]};
        }
        return {};
    }

    // RFC 9051 6.3.9.6: who lists the children itself need not be told that there are some.
    void find_hidden(Tree& tree) const {
        for (const auto& [name, node] : tree) {
            if (!is_selected(node, list_) || match(name).is_any) continue;
            for_each_ancestor(name, tree, [](Node& above) {
                return !std::exchange(above.has_hidden_children, true);
            });
        }
    }

    void consider(const std::string& name, const Node& node) {
        const auto matching = match(name);
        if (!matching.is_any) return;
        const bool wanted = is_selected(node, list_);
        // RFC 3501 6.3.9: with "%" LSUB tells the way to a name below. RFC 9051 6.3.9.1: so does
        // RECURSIVEMATCH, with any pattern.
        const bool is_way = list_.is_lsub ? node.has_selected_children && matching.is_level
                                          : node.has_hidden_children;
        if (!wanted && !is_way) return;
        if (list_.is_lsub) {
            write_lsub(name, node, wanted);
        } else {
            write(name, node);
        }
    }

    void write(const std::string& name, const Node& node) {
        auto& r = s_.reply();
        r.line("LIST").open();
        if (!node.box) write_missing();
        const bool wants_subscribed = list_.return_subscribed || list_.select_subscribed;
        if (wants_subscribed && node.is_subscribed) r.atom("\\Subscribed");
        r.atom(node.has_children ? "\\HasChildren" : "\\HasNoChildren");
        if (node.box && !role_name(node.box->role).empty()) r.atom(role_name(node.box->role));
        r.close().quoted("/").mailbox(name);
        if (list_.recursive_match && node.has_selected_children) write_child_info();
        r.end();
        if (node.box && !list_.status.empty()) write_status(s_, *node.box, list_.status);
    }

    // RFC 5258 3: \NonExistent means \Noselect too, to those who know it.
    void write_missing() {
        if (list_.is_extended || s_.has(Feature::Rev2)) s_.reply().atom("\\NonExistent");
        s_.reply().atom("\\Noselect");
    }
    // RFC 9051 6.3.9.6
    void write_child_info() {
        auto& r = s_.reply().open().quoted("CHILDINFO").open();
        if (list_.select_subscribed) r.quoted("SUBSCRIBED");
        if (list_.select_special_use) r.quoted("SPECIAL-USE");
        r.close().close();
    }
    void write_lsub(const std::string& name, const Node& node, bool is_subscribed) {
        auto& r = s_.reply().line("LSUB").open();
        if (!is_subscribed || !node.box) r.atom("\\Noselect");
        r.close().quoted("/").mailbox(name).end();
    }

    Session& s_;
    const ListRequest& list_;
    std::vector<wire::Pattern> patterns_;
    std::vector<bool> ends_with_percent_;
};

// RFC 9051 6.3.9.7: OLDNAME when the client spelled it otherwise.
void write_named(Session& s, std::string_view attribute, std::string_view name,
                 std::string_view given) {
    auto& r = s.reply().line("LIST").open();
    if (!attribute.empty()) r.atom(attribute);
    r.close().quoted("/").mailbox(name);
    if (!is_spelled_so(name, given)) {
        r.open().quoted("OLDNAME").open().mailbox(given).close().close();
    }
    r.end();
}

}  // namespace

std::optional<Role> role_of(std::string_view name) {
    for (const auto& known : kRoles) {
        if (iequals(known.name.substr(1), name)) return known.role;
    }
    return std::nullopt;
}

void write_list(Session& s, const ListRequest& list) {
    // RFC 9051 6.3.9: an empty pattern asks for the separator.
    if (!list.is_extended && list.patterns.front().empty()) {
        s.reply().line(list.is_lsub ? "LSUB" : "LIST").open().atom("\\Noselect").close();
        s.reply().quoted("/").quoted("").end();
        return;
    }
    const auto boxes = s.account().mailboxes();
    auto tree = make_tree(boxes, s.account().subscriptions(), list);
    Lister(s, list).write_all(tree);
}

void write_selected_list(Session& s, const MailboxInfo& box, std::string_view given) {
    write_named(s, role_name(box.role), box.name, given);
}

void tell_name(Session& s, std::string_view name, std::string_view given,
               std::string_view attribute) {
    if (s.has(Feature::Rev2) && !is_spelled_so(name, given)) {
        write_named(s, attribute, name, given);
    }
}

// RFC 9051 6.3.4: a separator at the end only declares that names below it will come.
bool is_spelled_so(std::string_view name, std::string_view given) {
    if (given.ends_with('/')) given.remove_suffix(1);
    return given == name;
}

}  // namespace rook::imap
