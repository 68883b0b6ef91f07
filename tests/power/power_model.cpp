#include "power/power_model.h"

#include <random>

#include "base/check.h"

namespace rook::power {
namespace {

// What of `box` is not in `other`: a few.
std::string text(const Box& box, const Box& other) {
    std::string out = "next " + std::to_string(box.uidnext) + ":";
    for (auto& [uid, m] : box.messages) {
        auto same = other.messages.find(uid);
        if (same != other.messages.end() && same->second == m) continue;
        if (out.size() > 100) return out + "...";
        out += " " + std::to_string(uid) + "=" + std::to_string(m.content) + "/" +
               std::to_string(m.flags);
        for (auto& keyword : m.keywords) out += "," + keyword;
    }
    return out;
}

std::string field(int content) { return "X-Content: " + std::to_string(content) + "\r\n"; }

Result<std::string> read_all(message::Source& source) {
    std::string bytes;
    while (bytes.size() < source.size()) {
        const auto piece = TRY(source.read(bytes.size(), 1 << 20));
        if (piece.empty()) return fail(Why::Corrupt, "", "a body ends early");
        bytes += piece;
    }
    return bytes;
}

}  // namespace

Mail make_new_mail() {
    Mail mail;
    for (auto name : {"INBOX", "Drafts", "Sent", "Junk", "Trash", "Archive"}) {
        mail.boxes[name];
        mail.subscriptions.insert(name);
    }
    return mail;
}

std::string difference(const Mail& want, const Mail& have) {
    for (auto& [name, box] : want.boxes) {
        auto found = have.boxes.find(name);
        if (found == have.boxes.end()) return "no mailbox " + name;
        if (found->second != box) {
            return name + ": wanted " + text(box, found->second) + ", there is " +
                   text(found->second, box);
        }
    }
    for (auto& [name, box] : have.boxes) {
        if (!want.boxes.contains(name)) return "mailbox " + name + " is one too many";
    }
    return want.subscriptions == have.subscriptions ? "" : "subscriptions differ";
}

namespace {

// Empty when the account is as in one of the allowed.
std::string difference_of(const std::string& address, const std::vector<Model>& allowed,
                          const Model& have) {
    const auto there = have.find(address);
    std::string differences;
    for (auto& model : allowed) {
        const auto wanted = model.find(address);
        if ((wanted == model.end()) != (there == have.end())) {
            differences += "\n  the account's existence";
            continue;
        }
        if (there == have.end()) return {};
        const auto different = difference(wanted->second, there->second);
        if (different.empty()) return {};
        differences += "\n  " + different;
    }
    return address + " is like none of the allowed:" + differences;
}

}  // namespace

std::vector<std::string> difference(const std::vector<Model>& allowed, const Model& have) {
    std::set<std::string> addresses;
    for (auto& model : allowed) {
        for (auto& [address, mail] : model) addresses.insert(address);
    }
    std::vector<std::string> found;
    for (auto& address : addresses) {
        auto different = difference_of(address, allowed, have);
        if (!different.empty()) found.push_back(std::move(different));
    }
    for (auto& [address, mail] : have) {
        if (!addresses.contains(address)) found.push_back(address + " is one too many");
    }
    return found;
}

Contents::Contents() {
    std::mt19937_64 random(1);
    for (int n = 0; n < kContents; ++n) {
        std::string body;
        // What does not compress, so that it goes through the store as it is. The first is staged
        // in many batches; the rest fit into one.
        const std::size_t bytes = n == kBig      ? 4'500'000
                                  : n == 5       ? 150'000
                                  : n == kStaged ? 700'000
                                                 : 300;
        while (body.size() < bytes) {
            for (int i = 0; i < 76; ++i) body += static_cast<char>('!' + random() % 90);
            body += "\r\n";
        }
        all_.push_back("From: ann@example.test\r\nSubject: number " + std::to_string(n) + "\r\n" +
                       field(n) + "\r\n" + body);
    }
}

int Contents::find(const std::string& stored) const {
    const auto at = stored.find("X-Content: ");
    if (at == std::string::npos) return -1;
    const int n = std::atoi(stored.c_str() + at + 11);
    return n >= 0 && n < kContents && stored.ends_with(all_[static_cast<std::size_t>(n)]) ? n : -1;
}

Result<Mail> read_mail(mailbox::Account& account, const Contents& contents) {
    Mail mail;
    std::map<EmailId, int> known;
    for (auto& info : account.mailboxes()) {
        auto& box = mail.boxes[info.name];
        box.uidnext = info.uidnext.v;
        auto view = TRY(account.select(info.id, mailbox::Account::Access::ReadOnly, {}));
        const auto names = view->keyword_names();
        TRY(view->walk(
            UidSet::from_unsorted({{Uid{1}, Uid{0xFFFFFFFF}}}),
            [&](const mailbox::View::Item& item) {
                auto& e = item.entry;
                known.try_emplace(e.email, -1);
                Message m{.content = static_cast<int>(e.email.n), .flags = e.flags, .keywords = {}};
                for (std::size_t i = 0; i < names->size(); ++i) {
                    if (e.keywords >> i & 1) m.keywords.insert((*names)[i]);
                }
                box.messages[e.uid.v] = std::move(m);
                return true;
            }));
        if (box.messages.size() != info.messages) {
            return fail(Why::Corrupt, "", "mailbox " + info.name + " counts otherwise");
        }
    }
    std::map<int, int> content_of;  // by email number: all are of this account
    for (auto& [email, content] : known) {
        auto source = TRY(account.body(email));
        content = contents.find(TRY(read_all(*source)));
        if (content < 0) return fail(Why::Corrupt, "", "a body is not what was delivered");
        TRY(account.summary(email));
        TRY(account.thread(email));
        content_of[static_cast<int>(email.n)] = content;
    }
    for (auto& [name, box] : mail.boxes) {
        for (auto& [uid, m] : box.messages) m.content = content_of.at(m.content);
    }
    for (auto& name : account.subscriptions()) mail.subscriptions.insert(name);
    return mail;
}

}  // namespace rook::power
