// An account's mailboxes.
#include <algorithm>

#include "admin/verb.h"
#include "admin/verbs/common.h"

namespace rook::admin {
namespace {

constexpr Argument kAddress[] = {{"address", "user@example.org"}};
constexpr Argument kAddressAndNames[] = {
    {"address", "user@example.org"},
    {"name", "a mailbox, its levels joined by /", Argument::How::Many}};
constexpr Argument kRename[] = {
    {"address", "user@example.org"}, {"from", "the mailbox"}, {"to", "its new name"}};
constexpr std::string_view kColumns[] = {"name",       "messages", "unseen",
                                         "size:bytes", "role",     "subscribed"};

std::string_view role_name(mailbox::Role role) {
    switch (role) {
        case mailbox::Role::None:
            return "";
        case mailbox::Role::Inbox:
            return "inbox";
        case mailbox::Role::Drafts:
            return "drafts";
        case mailbox::Role::Sent:
            return "sent";
        case mailbox::Role::Junk:
            return "junk";
        case mailbox::Role::Trash:
            return "trash";
        case mailbox::Role::Archive:
            return "archive";
        case mailbox::Role::All:
            return "all";
        case mailbox::Role::Flagged:
            return "flagged";
        case mailbox::Role::Important:
            return "important";
    }
    return "";
}

Result<Json> list(Call& call) {
    auto mail = TRY(open_mail(call.services, call.args.text("address")));
    auto subscribed = mail->subscriptions();
    auto out = Json::array();
    for (auto& box : mail->mailboxes()) {
        const bool is_subscribed =
            std::find(subscribed.begin(), subscribed.end(), box.name) != subscribed.end();
        out.push(Json::object({{"name", box.name},
                               {"id", to_text(box.id)},
                               {"messages", box.messages},
                               {"unseen", box.unseen},
                               {"bytes", box.size},
                               {"role", role_name(box.role)},
                               {"subscribed", is_subscribed},
                               {"uidvalidity", box.uidvalidity},
                               {"uidnext", box.uidnext.v}}));
    }
    return out;
}

// One verb for each name.
template <class Each>
Result<Json> for_names(Call& call, const Each& each) {
    auto mail = TRY(open_mail(call.services, call.args.text("address")));
    return for_all(call.args.texts("name"),
                   [&](const std::string& name) -> Result<> { return each(*mail, name); });
}

Result<Json> create(Call& call) {
    return for_names(call, [](mailbox::Account& mail, const std::string& name) -> Result<> {
        TRY(mail.create(name));
        return mail.subscribe(name, true);
    });
}
Result<Json> remove(Call& call) {
    return for_names(
        call, [](mailbox::Account& mail, const std::string& name) { return mail.remove(name); });
}
Result<Json> subscribe(Call& call) {
    return for_names(call, [](mailbox::Account& mail, const std::string& name) {
        return mail.subscribe(name, true);
    });
}
Result<Json> unsubscribe(Call& call) {
    return for_names(call, [](mailbox::Account& mail, const std::string& name) {
        return mail.subscribe(name, false);
    });
}

Result<Json> rename(Call& call) {
    auto mail = TRY(open_mail(call.services, call.args.text("address")));
    TRY(mail->rename(call.args.text("from"), call.args.text("to")));
    return Json::object({{"done", 1}});
}

}  // namespace

extern const Verb mailbox_list{.name = "mailbox list",
                               .help = "List an account's mailboxes",
                               .arguments = kAddress,
                               .run = list,
                               .columns = kColumns};
extern const Verb mailbox_create{.name = "mailbox create",
                                 .help = "Make mailboxes, and subscribe to them",
                                 .arguments = kAddressAndNames,
                                 .is_change = true,
                                 .run = create};
extern const Verb mailbox_remove{.name = "mailbox remove",
                                 .help = "Remove mailboxes and the mail in them",
                                 .arguments = kAddressAndNames,
                                 .is_change = true,
                                 .confirm = "Remove {} and all the mail in it?",
                                 .run = remove};
extern const Verb mailbox_rename{.name = "mailbox rename",
                                 .help = "Rename a mailbox, with those below it",
                                 .arguments = kRename,
                                 .is_change = true,
                                 .run = rename};
extern const Verb mailbox_subscribe{.name = "mailbox subscribe",
                                    .help = "Subscribe to mailboxes",
                                    .arguments = kAddressAndNames,
                                    .is_change = true,
                                    .run = subscribe};
extern const Verb mailbox_unsubscribe{.name = "mailbox unsubscribe",
                                      .help = "Unsubscribe from mailboxes",
                                      .arguments = kAddressAndNames,
                                      .is_change = true,
                                      .run = unsubscribe};

}  // namespace rook::admin
