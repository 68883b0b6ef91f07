// The numbers that name things. Each is its own type: mixing a Uid with a Seq does not compile.
//
// Mailbox, email and thread ids carry the account they were made in, so that they never collide
// when mailboxes are shared or mail is moved between accounts (docs/architecture.md 3). All of them
// are given out in rising order by the account's counter and never used again.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rook {

// Account 0 is the directory itself.
struct AccountId {
    std::uint64_t v = 0;
    friend auto operator<=>(const AccountId&, const AccountId&) = default;
};
constexpr AccountId kDirectoryAccount{0};

// Tag is the letter that begins the text form: M, E, T.
template <char Tag>
struct ObjectId {
    AccountId account;
    std::uint64_t n = 0;  // 0 is "none"
    friend auto operator<=>(const ObjectId&, const ObjectId&) = default;
    explicit operator bool() const { return n != 0; }
};
using MailboxId = ObjectId<'M'>;
using EmailId = ObjectId<'E'>;
using ThreadId = ObjectId<'T'>;

// RFC 8474 7 (objectid) and RFC 8620 1.2 (Id): a letter, the account and the number in lower-case
// base 36, joined by '_'.
std::string object_id_text(char tag, AccountId account, std::uint64_t n);
std::optional<std::pair<AccountId, std::uint64_t>> parse_object_id(char tag, std::string_view text);

template <char Tag>
std::string to_text(const ObjectId<Tag>& id) {
    return object_id_text(Tag, id.account, id.n);
}

// RFC 9051 2.3.1.1. 0 is "none": no message has it.
struct Uid {
    std::uint32_t v = 0;
    friend auto operator<=>(const Uid&, const Uid&) = default;
};

// RFC 9051 2.3.1.2. The first message is 1; 0 is "none".
struct Seq {
    std::uint32_t v = 0;
    friend auto operator<=>(const Seq&, const Seq&) = default;
};

// RFC 7162. One counter an account; never decreases, fits in 63 bits.
struct ModSeq {
    std::uint64_t v = 0;
    friend auto operator<=>(const ModSeq&, const ModSeq&) = default;
};

template <class Id>
struct IdHash;
template <>
struct IdHash<AccountId> {
    std::size_t operator()(const AccountId& id) const { return std::hash<std::uint64_t>{}(id.v); }
};
template <char Tag>
struct IdHash<ObjectId<Tag>> {
    std::size_t operator()(const ObjectId<Tag>& id) const {
        return std::hash<std::uint64_t>{}(id.n * 0x9E3779B97F4A7C15u ^ id.account.v);
    }
};

}  // namespace rook
