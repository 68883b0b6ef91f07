// What an account holds, as a script has it and as it is read back.
//
// Threads: plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "mailbox/account.h"

namespace rook::power {

// A message of a script: `content` is its number in a Contents.
struct Message {
    int content = 0;
    mailbox::Flags flags = 0;
    std::set<std::string> keywords;
    friend auto operator<=>(const Message&, const Message&) = default;
};

struct Box {
    std::map<std::uint32_t, Message> messages;  // by uid
    std::uint32_t uidnext = 1;
    friend bool operator==(const Box&, const Box&) = default;

    void add(Message message) { messages[uidnext++] = std::move(message); }
};

struct Mail {
    std::map<std::string, Box> boxes;
    std::set<std::string> subscriptions;
    friend bool operator==(const Mail&, const Mail&) = default;
};
// By address; an account that does not exist is absent.
using Model = std::map<std::string, Mail>;

// As create() makes it.
Mail make_new_mail();

// Where two differ, in a line; empty when they do not.
std::string difference(const Mail& want, const Mail& have);
// Each account of `have` must be as in one of the allowed: a text for each that is not.
std::vector<std::string> difference(const std::vector<Model>& allowed, const Model& have);

// The bytes of the scripts' messages, by number.
class Contents {
public:
    Contents();
    const std::string& at(int content) const { return all_.at(static_cast<std::size_t>(content)); }
    // Which of them a stored message ends with; -1 when none.
    int find(const std::string& stored) const;

private:
    std::vector<std::string> all_;
};
constexpr int kBig = 0, kSmall = 1, kStaged = 9, kContents = 30;

// Reads the account: every mailbox, entry and body.
Result<Mail> read_mail(mailbox::Account&, const Contents&);

}  // namespace rook::power
