#include "states/mail_inspection.h"

#include <fmt/format.h>

namespace rook::states {
namespace {

using mailbox::Account;
using power::Message;

class Inspector {
public:
    Inspector(power::Ground& ground, DamageLie lie) : ground_(ground), lie_(lie) {}

    void account(const std::string& address, const power::Mail& known) {
        address_ = address;
        auto found = ground_.directory().find(address);
        if (!found) return hurt();
        if (!*found) return missing("the account");
        auto account = ground_.accounts().open((*found)->id);
        if (!account) return hurt();
        for (auto& [name, box] : known.boxes) mailbox(**account, name, box);
    }
    Inspection take() { return std::move(seen_); }

private:
    void hurt() { seen_.hurt_accounts.insert(address_); }
    void missing(const std::string& what) { seen_.missing.push_back(address_ + ": " + what); }

    void mailbox(Account& account, const std::string& name, const power::Box& known) {
        const auto info = account.find(name);
        if (!info) return missing("mailbox " + name);
        auto view = account.select(info->id, Account::Access::ReadOnly, {});
        if (!view) return hurt();
        std::vector<mailbox::Entry> entries;
        auto walked =
            (*view)->walk(power::uids(1, power::kAll), [&](const mailbox::View::Item& item) {
                entries.push_back(item.entry);
                return true;
            });
        const auto names = (*view)->keyword_names();
        if (lie_ == DamageLie::HidesMail && !entries.empty()) entries.pop_back();
        std::set<std::uint32_t> there;
        for (auto& e : entries) {
            there.insert(e.uid.v);
            auto message = known.messages.find(e.uid.v);
            // What comes back after a repair is no loss.
            if (message != known.messages.end()) email(account, name, e, *names, message->second);
        }
        if (!walked) return hurt();
        for (auto& [uid, message] : known.messages) {
            if (!there.contains(uid)) missing(fmt::format("{} uid {}", name, uid));
        }
    }

    void email(Account& account, const std::string& name, const mailbox::Entry& e,
               const std::vector<std::string>& names, const Message& known) {
        const auto where = fmt::format("{} uid {}", name, e.uid.v);
        auto bytes = read(account, e.email);
        if (!bytes || !account.summary(e.email) || !account.thread(e.email)) {
            seen_.hurt_emails.push_back({to_text(e.email), name, e.uid.v});
            return;
        }
        if (lie_ == DamageLie::ServesAlteredBytes) bytes->back() ^= 1;
        std::set<std::string> keywords;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (e.keywords >> i & 1) keywords.insert(names[i]);
        }
        const auto content = ground_.contents().find(*bytes);
        if (content < 0) {
            seen_.altered.push_back(address_ + ": " + where);
        } else if (Message{content, e.flags, keywords} != known) {
            missing(where + " as it was");
        } else {
            ++seen_.messages;
        }
    }

    static Result<std::string> read(Account& account, EmailId email) {
        auto source = TRY(account.body(email));
        std::string bytes;
        while (bytes.size() < source->size()) {
            const auto piece = TRY(source->read(bytes.size(), 1 << 20));
            if (piece.empty()) return fail(Why::Corrupt, "", "a body ends early");
            bytes += piece;
        }
        return bytes;
    }

    power::Ground& ground_;
    const DamageLie lie_;
    std::string address_;
    Inspection seen_;
};

}  // namespace

Inspection inspect(power::Ground& ground, const power::Model& known, DamageLie lie) {
    Inspector inspector(ground, lie);
    for (auto& [address, mail] : known) inspector.account(address, mail);
    return inspector.take();
}

}  // namespace rook::states
