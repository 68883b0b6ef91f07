// The keys of an account's records, relative to the account (docs/formats/mailbox.md). A letter,
// then big-endian numbers, so that byte order is number order.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/codec.h"
#include "base/ids.h"

namespace rook::mailbox::keys {

// Each letter names a kind of record; the table it is in is fixed by kind.
constexpr char kAccount = 'A', kBody = 'B', kChange = 'C', kDoomed = 'D', kEmail = 'E', kFree = 'F',
               kSignature = 'G', kIndex = 'I', kCounters = 'M', kProperties = 'N', kPage = 'P',
               kSummary = 'S', kThread = 'T', kSubscription = 'U', kExpunged = 'X', kFormat = 'Y',
               kStaged = 'Z';

std::string account();
std::string format();
std::string counters(std::uint64_t mailbox);
std::string properties(std::uint64_t mailbox);
std::string doomed(std::uint64_t mailbox);  // a removed mailbox, or a number of its own: of entries
                                            // that are still to be taken out of their emails
std::string index(std::uint64_t mailbox, Uid low);
std::string page(std::uint64_t mailbox, Uid low);
std::string email(EmailId);
std::string summary(EmailId, std::uint32_t chunk);
std::string body(EmailId, std::uint32_t chunk);
std::string signature(EmailId);
std::string change(ModSeq);
std::string expunged(std::uint64_t mailbox, ModSeq);
std::string free(std::int64_t freed_at, EmailId);
std::string subscription(std::uint64_t n);
std::string thread(std::string_view hash);
std::string staged_email(EmailId);
std::string staged_copy(std::uint64_t mailbox, Uid first);
std::string staged_account();

std::string repairing();

// What Z records hold up: chunks of an email, pages of a copy, a repair, or an account that is
// being created or removed (the last of its records).
constexpr char kStagedEmail = 'e', kStagedCopy = 'c', kRepairing = 'r', kStagedAccount = 'z';

// The first key that is not of this kind: the end of a scan over it.
std::string after(char letter);

// As it stands in a key.
EmailId read_email(Reader&);

// For people: the letter, and the rest in hexadecimal.
std::string to_text(std::string_view key);

}  // namespace rook::mailbox::keys
